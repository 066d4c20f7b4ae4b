CREATE TABLE `discount_categories` (
	`discount_id` integer NOT NULL,
	`category_id` integer NOT NULL,
	PRIMARY KEY(`discount_id`, `category_id`),
	FOREIGN KEY (`discount_id`) REFERENCES `discounts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`category_id`) REFERENCES `categories`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `discount_categories_category` ON `discount_categories` (`category_id`);--> statement-breakpoint
CREATE TABLE `discount_products` (
	`discount_id` integer NOT NULL,
	`product_id` integer NOT NULL,
	PRIMARY KEY(`discount_id`, `product_id`),
	FOREIGN KEY (`discount_id`) REFERENCES `discounts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`product_id`) REFERENCES `products`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `discount_products_product` ON `discount_products` (`product_id`);--> statement-breakpoint
CREATE TABLE `discount_uses` (
	`order_id` integer PRIMARY KEY NOT NULL,
	`discount_id` integer NOT NULL,
	`user_id` integer,
	`email_key` text,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`discount_id`) REFERENCES `discounts`(`id`) ON UPDATE no action ON DELETE restrict,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
) STRICT;
--> statement-breakpoint
CREATE INDEX `discount_uses_discount` ON `discount_uses` (`discount_id`);--> statement-breakpoint
CREATE INDEX `discount_uses_user` ON `discount_uses` (`user_id`,`discount_id`) WHERE user_id is not null;--> statement-breakpoint
CREATE INDEX `discount_uses_email` ON `discount_uses` (`email_key`,`discount_id`) WHERE email_key is not null;--> statement-breakpoint
CREATE TABLE `discounts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`code` text NOT NULL,
	`code_key` text NOT NULL,
	`kind` text NOT NULL,
	`value` integer NOT NULL,
	`enabled` integer DEFAULT true NOT NULL,
	`starts_at` integer,
	`ends_at` integer,
	`minimum` integer DEFAULT 0 NOT NULL,
	`max_uses` integer,
	`max_uses_per_customer` integer,
	`scope` text NOT NULL,
	`held` integer DEFAULT 0 NOT NULL,
	`used` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	CONSTRAINT "discounts_value" CHECK(value >= 1 and (kind <> 'percent' or value <= 100)),
	CONSTRAINT "discounts_uses" CHECK(held >= 0 and used >= 0)
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `discounts_codeKey_unique` ON `discounts` (`code_key`);
--> statement-breakpoint
-- How often a discount is held and used, by its uses.
CREATE TRIGGER `discount_uses_made` AFTER INSERT ON `discount_uses` BEGIN
	UPDATE `discounts` SET `held` = `held` + (new.`state` = 'held'), `used` = `used` + (new.`state` = 'used')
	WHERE `id` = new.`discount_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `discount_uses_moved` AFTER UPDATE OF `state` ON `discount_uses` WHEN old.`state` <> new.`state` BEGIN
	UPDATE `discounts` SET
		`held` = `held` + (new.`state` = 'held') - (old.`state` = 'held'),
		`used` = `used` + (new.`state` = 'used') - (old.`state` = 'used')
	WHERE `id` = new.`discount_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `discount_uses_gone` AFTER DELETE ON `discount_uses` BEGIN
	UPDATE `discounts` SET `held` = `held` - (old.`state` = 'held'), `used` = `used` - (old.`state` = 'used')
	WHERE `id` = old.`discount_id`;
END;
--> statement-breakpoint
-- A use goes with the goods of its order: used when they are sold, given back when they are released.
-- One that was given back and is paid for after all is used all the same, beyond any limit: the buyer
-- has paid that price.
CREATE TRIGGER `orders_discount` AFTER UPDATE OF `stock` ON `orders`
WHEN new.`discount_code` IS NOT NULL AND old.`stock` <> new.`stock` BEGIN
	UPDATE `discount_uses` SET `state` = CASE new.`stock` WHEN 'sold' THEN 'used' WHEN 'released' THEN 'returned' ELSE 'held' END
	WHERE `order_id` = new.`id`;
END;
--> statement-breakpoint
-- Whoever is taken out of an order is no known customer of its discount any more.
CREATE TRIGGER `orders_discount_forget` AFTER UPDATE OF `email` ON `orders`
WHEN new.`discount_code` IS NOT NULL AND old.`email` IS NOT NULL AND new.`email` IS NULL BEGIN
	UPDATE `discount_uses` SET `email_key` = NULL WHERE `order_id` = new.`id`;
END;
