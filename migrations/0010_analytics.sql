CREATE TABLE `content_rollups` (
	`span` integer NOT NULL,
	`start` integer NOT NULL,
	`views` integer NOT NULL,
	`reactions` integer NOT NULL,
	`comments` integer NOT NULL,
	PRIMARY KEY(`span`, `start`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `product_rollups` (
	`currency` text NOT NULL,
	`span` integer NOT NULL,
	`start` integer NOT NULL,
	`variant_id` integer NOT NULL,
	`product_id` integer NOT NULL,
	`units` integer NOT NULL,
	`revenue` integer NOT NULL,
	PRIMARY KEY(`currency`, `span`, `start`, `variant_id`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `sales_rollups` (
	`currency` text NOT NULL,
	`span` integer NOT NULL,
	`start` integer NOT NULL,
	`checkouts` integer NOT NULL,
	`converted` integer NOT NULL,
	`orders` integer NOT NULL,
	`units` integer NOT NULL,
	`sales` integer NOT NULL,
	`refunds` integer NOT NULL,
	PRIMARY KEY(`currency`, `span`, `start`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `posts` ADD `viewed_at` integer;--> statement-breakpoint
-- What happened, by the quarter of an hour. What is put in here is added up in blocks of all spans:
-- a quarter of an hour, an hour, four hours, a day; for products also 4, 16, 64 and 256 days.
CREATE VIEW `sale_facts` AS
SELECT `currency`, `start` AS `at`, `checkouts`, `converted`, `orders`, `units`, `sales`, `refunds`
FROM `sales_rollups` WHERE `span` = 900000;
--> statement-breakpoint
CREATE TRIGGER `sale_facts_add` INSTEAD OF INSERT ON `sale_facts` BEGIN
	INSERT INTO `sales_rollups` (`currency`, `span`, `start`, `checkouts`, `converted`, `orders`, `units`, `sales`, `refunds`)
	SELECT new.`currency`, `value`, new.`at` - new.`at` % `value`, new.`checkouts`, new.`converted`,
		new.`orders`, new.`units`, new.`sales`, new.`refunds`
	FROM json_each('[900000, 3600000, 14400000, 86400000]') WHERE true
	ON CONFLICT DO UPDATE SET `checkouts` = `checkouts` + excluded.`checkouts`,
		`converted` = `converted` + excluded.`converted`, `orders` = `orders` + excluded.`orders`,
		`units` = `units` + excluded.`units`, `sales` = `sales` + excluded.`sales`,
		`refunds` = `refunds` + excluded.`refunds`;
END;
--> statement-breakpoint
CREATE VIEW `product_facts` AS
SELECT `currency`, `start` AS `at`, `variant_id`, `product_id`, `units`, `revenue`
FROM `product_rollups` WHERE `span` = 900000;
--> statement-breakpoint
CREATE TRIGGER `product_facts_add` INSTEAD OF INSERT ON `product_facts` BEGIN
	INSERT INTO `product_rollups` (`currency`, `span`, `start`, `variant_id`, `product_id`, `units`, `revenue`)
	SELECT new.`currency`, `value`, new.`at` - new.`at` % `value`, new.`variant_id`, new.`product_id`,
		new.`units`, new.`revenue`
	FROM json_each('[900000, 3600000, 14400000, 86400000, 345600000, 1382400000, 5529600000, 22118400000]') WHERE true
	ON CONFLICT DO UPDATE SET `units` = `units` + excluded.`units`, `revenue` = `revenue` + excluded.`revenue`;
END;
--> statement-breakpoint
CREATE VIEW `content_facts` AS
SELECT `start` AS `at`, `views`, `reactions`, `comments` FROM `content_rollups` WHERE `span` = 900000;
--> statement-breakpoint
CREATE TRIGGER `content_facts_add` INSTEAD OF INSERT ON `content_facts` BEGIN
	INSERT INTO `content_rollups` (`span`, `start`, `views`, `reactions`, `comments`)
	SELECT `value`, new.`at` - new.`at` % `value`, new.`views`, new.`reactions`, new.`comments`
	FROM json_each('[900000, 3600000, 14400000, 86400000]') WHERE true
	ON CONFLICT DO UPDATE SET `views` = `views` + excluded.`views`,
		`reactions` = `reactions` + excluded.`reactions`, `comments` = `comments` + excluded.`comments`;
END;
--> statement-breakpoint
-- A checkout belongs to the time when it starts, and so does whether it was paid in the end; a sale to
-- when it was paid, a refund to when it was given.
CREATE TRIGGER `orders_count` AFTER INSERT ON `orders` BEGIN
	INSERT INTO `sale_facts` VALUES (new.`currency`, new.`created_at`, 1, new.`paid_at` IS NOT NULL, 0, 0, 0, 0);
	INSERT INTO `sale_facts` SELECT new.`currency`, new.`paid_at`, 0, 0, 1, 0, new.`amount_paid`, 0
		WHERE new.`paid_at` IS NOT NULL;
	INSERT INTO `sale_facts` SELECT new.`currency`, new.`updated_at`, 0, 0, 0, 0, 0, new.`refunded`
		WHERE new.`refunded` > 0;
END;
--> statement-breakpoint
CREATE TRIGGER `orders_recount` AFTER UPDATE OF `paid_at`, `amount_paid` ON `orders`
WHEN (old.`paid_at`, old.`amount_paid`) IS NOT (new.`paid_at`, new.`amount_paid`) BEGIN
	INSERT INTO `sale_facts` SELECT new.`currency`, new.`created_at`, 0,
			(new.`paid_at` IS NOT NULL) - (old.`paid_at` IS NOT NULL), 0, 0, 0, 0
		WHERE (new.`paid_at` IS NULL) <> (old.`paid_at` IS NULL);
	INSERT INTO `sale_facts` SELECT new.`currency`, `at`, 0, 0, `sign`,
			`sign` * (SELECT coalesce(sum(`quantity`), 0) FROM `order_lines` WHERE `order_id` = new.`id`),
			`sign` * `paid`, 0
		FROM (SELECT old.`paid_at` AS `at`, -1 AS `sign`, old.`amount_paid` AS `paid`
			UNION ALL SELECT new.`paid_at`, 1, new.`amount_paid`) WHERE `at` IS NOT NULL;
	INSERT INTO `product_facts` SELECT new.`currency`, `at`, `variant_id`, `product_id`,
			`sign` * `quantity`, `sign` * (`total` - `discount`)
		FROM (SELECT old.`paid_at` AS `at`, -1 AS `sign` UNION ALL SELECT new.`paid_at`, 1)
		JOIN `order_lines` ON `order_id` = new.`id`
		WHERE `at` IS NOT NULL AND old.`paid_at` IS NOT new.`paid_at`;
END;
--> statement-breakpoint
CREATE TRIGGER `orders_refund_count` AFTER UPDATE OF `refunded` ON `orders`
WHEN new.`refunded` <> old.`refunded` BEGIN
	INSERT INTO `sale_facts` VALUES
		(new.`currency`, new.`updated_at`, 0, 0, 0, 0, 0, new.`refunded` - old.`refunded`);
END;
--> statement-breakpoint
-- Lines that come when their order is paid already.
CREATE TRIGGER `order_lines_count` AFTER INSERT ON `order_lines` BEGIN
	INSERT INTO `sale_facts` SELECT `currency`, `paid_at`, 0, 0, 0, new.`quantity`, 0, 0
		FROM `orders` WHERE `id` = new.`order_id` AND `paid_at` IS NOT NULL;
	INSERT INTO `product_facts` SELECT `currency`, `paid_at`, new.`variant_id`, new.`product_id`,
			new.`quantity`, new.`total` - new.`discount`
		FROM `orders` WHERE `id` = new.`order_id` AND `paid_at` IS NOT NULL;
END;
--> statement-breakpoint
-- Of posts and projects, at the time when it was read, liked or said.
CREATE TRIGGER `posts_view_count` AFTER UPDATE OF `view_count` ON `posts`
WHEN new.`view_count` <> old.`view_count` AND new.`viewed_at` IS NOT NULL BEGIN
	INSERT INTO `content_facts` VALUES (new.`viewed_at`, new.`view_count` - old.`view_count`, 0, 0);
END;
--> statement-breakpoint
CREATE TRIGGER `reactions_made` AFTER INSERT ON `reactions` WHEN new.`entity_type` IN ('post', 'project') BEGIN
	INSERT INTO `content_facts` VALUES (new.`created_at`, 0, 1, 0);
END;
--> statement-breakpoint
CREATE TRIGGER `reactions_gone` AFTER DELETE ON `reactions` WHEN old.`entity_type` IN ('post', 'project') BEGIN
	INSERT INTO `content_facts` VALUES (old.`created_at`, 0, -1, 0);
END;
--> statement-breakpoint
CREATE TRIGGER `comments_made` AFTER INSERT ON `comments` WHEN new.`status` = 'approved' BEGIN
	INSERT INTO `content_facts` VALUES (new.`created_at`, 0, 0, 1);
END;
--> statement-breakpoint
CREATE TRIGGER `comments_judged` AFTER UPDATE OF `status` ON `comments`
WHEN (old.`status` = 'approved') <> (new.`status` = 'approved') BEGIN
	INSERT INTO `content_facts` VALUES (new.`created_at`, 0, 0, iif(new.`status` = 'approved', 1, -1));
END;
--> statement-breakpoint
CREATE TRIGGER `comments_gone` AFTER DELETE ON `comments` WHEN old.`status` = 'approved' BEGIN
	INSERT INTO `content_facts` VALUES (old.`created_at`, 0, 0, -1);
END;
--> statement-breakpoint
-- What was there before.
INSERT INTO `sale_facts` SELECT `currency`, `created_at`, 1, `paid_at` IS NOT NULL, 0, 0, 0, 0 FROM `orders`;
--> statement-breakpoint
INSERT INTO `sale_facts` SELECT `currency`, `paid_at`, 0, 0, 1,
		(SELECT coalesce(sum(`quantity`), 0) FROM `order_lines` WHERE `order_id` = `orders`.`id`), `amount_paid`, 0
	FROM `orders` WHERE `paid_at` IS NOT NULL;
--> statement-breakpoint
INSERT INTO `sale_facts` SELECT `currency`, `updated_at`, 0, 0, 0, 0, 0, `refunded` FROM `orders` WHERE `refunded` > 0;
--> statement-breakpoint
INSERT INTO `product_facts` SELECT `currency`, `paid_at`, `variant_id`, `product_id`, `quantity`, `order_lines`.`total` - `order_lines`.`discount`
	FROM `orders` JOIN `order_lines` ON `order_id` = `orders`.`id` WHERE `paid_at` IS NOT NULL;
--> statement-breakpoint
INSERT INTO `content_facts` SELECT `created_at`, 0, 1, 0 FROM `reactions` WHERE `entity_type` IN ('post', 'project');
--> statement-breakpoint
INSERT INTO `content_facts` SELECT `created_at`, 0, 0, 1 FROM `comments` WHERE `status` = 'approved';
