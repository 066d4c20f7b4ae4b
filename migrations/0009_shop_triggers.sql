-- Stock changes only with a row of the ledger; what cannot be is refused by the CHECK of the variant.
CREATE TRIGGER `stock_movements_apply` AFTER INSERT ON `stock_movements` BEGIN
	UPDATE `variants` SET `on_hand` = `on_hand` + new.`on_hand_change`, `reserved` = `reserved` + new.`reserved_change`
	WHERE `id` = new.`variant_id`;
END;
--> statement-breakpoint
-- Above the threshold again: the next dip is told anew.
CREATE TRIGGER `variants_recover` AFTER UPDATE OF `on_hand`, `reserved`, `low_stock_at` ON `variants`
WHEN new.`low_stock_told` = 1 AND coalesce(new.`on_hand` - new.`reserved` >= new.`low_stock_at`, 1) BEGIN
	UPDATE `variants` SET `low_stock_told` = 0 WHERE `id` = new.`id`;
END;
--> statement-breakpoint
-- What a product costs and whether it can be had, by its variants.
CREATE TRIGGER `variants_made` AFTER INSERT ON `variants` BEGIN
	UPDATE `products` SET
		`price_from` = (SELECT coalesce(min(`price`), 1000000001) FROM `variants` WHERE `product_id` = new.`product_id` AND `status` = 'active'),
		`in_stock` = EXISTS (SELECT 1 FROM `variants` WHERE `product_id` = new.`product_id` AND `status` = 'active' AND `on_hand` > `reserved`)
	WHERE `id` = new.`product_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `variants_changed` AFTER UPDATE OF `price`, `status`, `on_hand`, `reserved` ON `variants`
WHEN (old.`price`, old.`status`, old.`on_hand` > old.`reserved`) IS NOT (new.`price`, new.`status`, new.`on_hand` > new.`reserved`) BEGIN
	UPDATE `products` SET
		`price_from` = (SELECT coalesce(min(`price`), 1000000001) FROM `variants` WHERE `product_id` = new.`product_id` AND `status` = 'active'),
		`in_stock` = EXISTS (SELECT 1 FROM `variants` WHERE `product_id` = new.`product_id` AND `status` = 'active' AND `on_hand` > `reserved`)
	WHERE `id` = new.`product_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `variants_gone` AFTER DELETE ON `variants` BEGIN
	DELETE FROM `images` WHERE `entity_type` = 'variant' AND `entity_id` = old.`id`;
	UPDATE `products` SET
		`price_from` = (SELECT coalesce(min(`price`), 1000000001) FROM `variants` WHERE `product_id` = old.`product_id` AND `status` = 'active'),
		`in_stock` = EXISTS (SELECT 1 FROM `variants` WHERE `product_id` = old.`product_id` AND `status` = 'active' AND `on_hand` > `reserved`)
	WHERE `id` = old.`product_id`;
END;
--> statement-breakpoint
-- How many active products a category has.
CREATE TRIGGER `product_categories_count` AFTER INSERT ON `product_categories` BEGIN
	UPDATE `categories` SET `product_count` = `product_count` + 1
	WHERE `id` = new.`category_id`
		AND EXISTS (SELECT 1 FROM `products` WHERE `id` = new.`product_id` AND `status` = 'active');
END;
--> statement-breakpoint
CREATE TRIGGER `product_categories_uncount` AFTER DELETE ON `product_categories` BEGIN
	UPDATE `categories` SET `product_count` = `product_count` - 1
	WHERE `id` = old.`category_id`
		AND EXISTS (SELECT 1 FROM `products` WHERE `id` = old.`product_id` AND `status` = 'active');
END;
--> statement-breakpoint
CREATE TRIGGER `products_count` AFTER UPDATE OF `status` ON `products`
WHEN (old.`status` = 'active') <> (new.`status` = 'active') BEGIN
	UPDATE `categories` SET `product_count` = `product_count` + iif(new.`status` = 'active', 1, -1)
	WHERE `id` IN (SELECT `category_id` FROM `product_categories` WHERE `product_id` = new.`id`);
END;
--> statement-breakpoint
-- What belongs to a product goes with it. Its categories first: a cascade comes when its status is gone.
CREATE TRIGGER `products_leave` BEFORE DELETE ON `products` BEGIN
	DELETE FROM `product_categories` WHERE `product_id` = old.`id`;
	DELETE FROM `slugs` WHERE `entity_type` = 'product' AND `entity_id` = old.`id`;
	DELETE FROM `image_uses` WHERE `entity_type` = 'product' AND `entity_id` = old.`id`;
	DELETE FROM `videos` WHERE `entity_type` = 'product' AND `entity_id` = old.`id`;
	DELETE FROM `images` WHERE `entity_type` = 'product' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `categories_leave` BEFORE DELETE ON `categories` BEGIN
	DELETE FROM `slugs` WHERE `entity_type` = 'category' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `orders_placed` AFTER INSERT ON `orders` BEGIN
	INSERT INTO `order_history` (`order_id`, `status`, `at`) VALUES (new.`id`, new.`status`, new.`created_at`);
END;
--> statement-breakpoint
CREATE TRIGGER `orders_moved` AFTER UPDATE OF `status` ON `orders` WHEN old.`status` <> new.`status` BEGIN
	INSERT INTO `order_history` (`order_id`, `status`, `at`) VALUES (new.`id`, new.`status`, new.`updated_at`);
END;
--> statement-breakpoint
-- Orders stay without the person. Of a proven address only: anybody may register a stranger's.
CREATE TRIGGER `users_leave_orders` BEFORE DELETE ON `users` BEGIN
	UPDATE `orders` SET `person_left` = 1 WHERE `user_id` = old.`id`;
	UPDATE `orders` SET `person_left` = 1
	WHERE old.`verified_at` IS NOT NULL AND lower(email) = old.`email_key` || '';
END;
--> statement-breakpoint
-- What is paid and not sent yet needs its address; what is done with names nobody any more.
CREATE TRIGGER `orders_forget` AFTER UPDATE OF `status`, `person_left`, `fulfilled_at` ON `orders`
WHEN new.`person_left` = 1 AND (new.`status` IN ('fulfilled', 'refunded', 'cancelled', 'expired')
	OR (new.`status` = 'partially_refunded' AND new.`fulfilled_at` IS NOT NULL)) BEGIN
	UPDATE `orders` SET `email` = NULL, `shipping_address` = NULL, `note` = NULL, `source` = NULL,
		`carrier` = NULL, `tracking_number` = NULL, `tracking_url` = NULL,
		`search` = lower(new.`number`) || coalesce((SELECT group_concat(char(10) || lower(`sku`), '')
			FROM `order_lines` WHERE `order_id` = new.`id`), '')
	WHERE `id` = new.`id`;
	DELETE FROM `outbox` WHERE `about` = 'order:' || new.`uid` AND `status` IN ('sent', 'failed');
	UPDATE `payment_events` SET `payload` = NULL WHERE `order_id` = new.`id` AND `due_at` IS NULL;
END;
--> statement-breakpoint
-- What visitors think of products; of posts and projects as before.
CREATE TRIGGER `reactions_count_products` AFTER INSERT ON `reactions` WHEN new.`entity_type` = 'product' BEGIN
	UPDATE `products` SET `like_count` = `like_count` + (new.`type` = 'like'),
		`love_count` = `love_count` + (new.`type` = 'love'),
		`congratulations_count` = `congratulations_count` + (new.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` + (new.`type` = 'insightful')
	WHERE `id` = new.`entity_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `reactions_recount_products` AFTER UPDATE OF `type` ON `reactions`
WHEN new.`entity_type` = 'product' AND old.`type` <> new.`type` BEGIN
	UPDATE `products` SET `like_count` = `like_count` + (new.`type` = 'like') - (old.`type` = 'like'),
		`love_count` = `love_count` + (new.`type` = 'love') - (old.`type` = 'love'),
		`congratulations_count` = `congratulations_count` + (new.`type` = 'congratulations') - (old.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` + (new.`type` = 'insightful') - (old.`type` = 'insightful')
	WHERE `id` = new.`entity_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `reactions_uncount_products` AFTER DELETE ON `reactions` WHEN old.`entity_type` = 'product' BEGIN
	UPDATE `products` SET `like_count` = `like_count` - (old.`type` = 'like'),
		`love_count` = `love_count` - (old.`type` = 'love'),
		`congratulations_count` = `congratulations_count` - (old.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` - (old.`type` = 'insightful')
	WHERE `id` = old.`entity_id`;
END;
--> statement-breakpoint
-- Behind the deletion: counting must not write to the row that is being deleted.
CREATE TRIGGER `products_fall_silent` AFTER DELETE ON `products` BEGIN
	DELETE FROM `reactions` WHERE `entity_type` = 'product' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
-- Products can be found too, while they are active: by name, description and the words of their attributes.
DROP VIEW `search_sources`;
--> statement-breakpoint
CREATE VIEW `search_sources` AS
SELECT min(`published_at` / 1000, 34359738367) * 268435456 + `id` * 16 + 1 AS `doc_id`,
	'post' AS `entity_type`, `title`, substr(`content` || iif(instr(`content`, substr(`excerpt`, 1, 40)) > 0, '', char(10) || `excerpt`), 1, 20000) AS `body`,
	`slug`, `id` AS `entity_id`, `published_at`
FROM `posts` WHERE `status` <> 'draft' AND `published_at` IS NOT NULL
UNION ALL
SELECT min(`published_at` / 1000, 34359738367) * 268435456 + `id` * 16 + 2,
	'project', `title`, substr(`summary` || char(10) || `content`, 1, 20000),
	`slug`, `id`, `published_at`
FROM `projects` WHERE `status` <> 'draft' AND `published_at` IS NOT NULL
UNION ALL
SELECT min(`published_at` / 1000, 34359738367) * 268435456 + `id` * 16 + 3,
	'product', `name`, substr(`description` || char(10) || coalesce((
		SELECT group_concat(`atom`, ' · ') FROM json_tree(`attributes`) WHERE `type` = 'text'), ''), 1, 20000),
	`slug`, `id`, `published_at`
FROM `products` WHERE `status` = 'active' AND `published_at` IS NOT NULL;
--> statement-breakpoint
CREATE TRIGGER `products_search_made` AFTER INSERT ON `products` WHEN new.`status` = 'active' BEGIN
	INSERT INTO `search_docs` (`rowid`, `entity_type`, `title`, `body`, `slug`, `entity_id`, `published_at`)
	SELECT * FROM `search_sources` WHERE `entity_type` = 'product' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `products_search_changed` AFTER UPDATE OF `id`, `slug`, `name`, `description`, `attributes`, `status`, `published_at` ON `products`
WHEN (old.`id`, old.`slug`, old.`name`, old.`description`, old.`attributes`, old.`status` = 'active', old.`published_at`)
	IS NOT (new.`id`, new.`slug`, new.`name`, new.`description`, new.`attributes`, new.`status` = 'active', new.`published_at`)
BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 3;
	INSERT INTO `search_docs` (`rowid`, `entity_type`, `title`, `body`, `slug`, `entity_id`, `published_at`)
	SELECT * FROM `search_sources` WHERE `entity_type` = 'product' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `products_search_gone` AFTER DELETE ON `products` BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 3;
END;
