CREATE TABLE `categories` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`sort_name` text NOT NULL,
	`description` text NOT NULL,
	`product_count` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `categories_slug_unique` ON `categories` (`slug`);--> statement-breakpoint
CREATE INDEX `categories_name` ON `categories` (`sort_name`,`id`);--> statement-breakpoint
CREATE TABLE `product_categories` (
	`product_id` integer NOT NULL,
	`category_id` integer NOT NULL,
	PRIMARY KEY(`product_id`, `category_id`),
	FOREIGN KEY (`product_id`) REFERENCES `products`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`category_id`) REFERENCES `categories`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `product_categories_category` ON `product_categories` (`category_id`,`product_id`);--> statement-breakpoint
CREATE TABLE `products` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`slug` text NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`description_html` text NOT NULL,
	`render_version` integer NOT NULL,
	`attributes` text NOT NULL,
	`status` text NOT NULL,
	`search` text NOT NULL,
	`sort_name` text NOT NULL,
	`price_from` integer DEFAULT 1000000001 NOT NULL,
	`in_stock` integer DEFAULT false NOT NULL,
	`like_count` integer DEFAULT 0 NOT NULL,
	`love_count` integer DEFAULT 0 NOT NULL,
	`congratulations_count` integer DEFAULT 0 NOT NULL,
	`insightful_count` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`published_at` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `products_slug_unique` ON `products` (`slug`);--> statement-breakpoint
CREATE INDEX `products_newest` ON `products` (`published_at`,`id`) WHERE status = 'active';--> statement-breakpoint
CREATE INDEX `products_price` ON `products` (`price_from`,`id`) WHERE status = 'active';--> statement-breakpoint
CREATE INDEX `products_name` ON `products` (`sort_name`,`id`) WHERE status = 'active';--> statement-breakpoint
CREATE INDEX `products_hidden` ON `products` (`id`) WHERE status <> 'active';--> statement-breakpoint
CREATE INDEX `products_rendered` ON `products` (`render_version`);--> statement-breakpoint
CREATE TABLE `stock_movements` (
	`id` integer PRIMARY KEY NOT NULL,
	`variant_id` integer NOT NULL,
	`reason` text NOT NULL,
	`on_hand_change` integer NOT NULL,
	`reserved_change` integer NOT NULL,
	`order_id` integer,
	`actor` text NOT NULL,
	`note` text,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`variant_id`) REFERENCES `variants`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE INDEX `stock_movements_variant` ON `stock_movements` (`variant_id`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `stock_movements_once` ON `stock_movements` (`order_id`,`variant_id`,`reason`) WHERE order_id is not null and reason <> 'returned';--> statement-breakpoint
CREATE TABLE `variants` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`product_id` integer NOT NULL,
	`sku` text NOT NULL,
	`title` text NOT NULL,
	`options` text NOT NULL,
	`option_key` text NOT NULL,
	`price` integer NOT NULL,
	`compare_at` integer,
	`weight_grams` integer,
	`position` integer DEFAULT 0 NOT NULL,
	`status` text NOT NULL,
	`on_hand` integer DEFAULT 0 NOT NULL,
	`reserved` integer DEFAULT 0 NOT NULL,
	`low_stock_at` integer,
	`low_stock_told` integer DEFAULT false NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`product_id`) REFERENCES `products`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "variants_stock" CHECK(on_hand >= 0 and reserved >= 0 and reserved <= on_hand),
	CONSTRAINT "variants_price" CHECK(price >= 0 and price <= 1000000000)
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `variants_sku_unique` ON `variants` (`sku`);--> statement-breakpoint
CREATE INDEX `variants_product` ON `variants` (`product_id`,`position`,`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `variants_options` ON `variants` (`product_id`,`option_key`);--> statement-breakpoint
CREATE INDEX `variants_low` ON `variants` (`id`) WHERE status = 'active' and low_stock_at is not null and low_stock_told = 0 and on_hand - reserved < low_stock_at;--> statement-breakpoint
CREATE TABLE `order_history` (
	`id` integer PRIMARY KEY NOT NULL,
	`order_id` integer NOT NULL,
	`status` text NOT NULL,
	`at` integer NOT NULL,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE INDEX `order_history_order` ON `order_history` (`order_id`,`id`);--> statement-breakpoint
CREATE TABLE `order_lines` (
	`order_id` integer NOT NULL,
	`position` integer NOT NULL,
	`variant_id` integer NOT NULL,
	`product_id` integer NOT NULL,
	`sku` text NOT NULL,
	`title` text NOT NULL,
	`quantity` integer NOT NULL,
	`unit_price` integer NOT NULL,
	`total` integer NOT NULL,
	`discount` integer DEFAULT 0 NOT NULL,
	PRIMARY KEY(`order_id`, `position`),
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`variant_id`) REFERENCES `variants`(`id`) ON UPDATE no action ON DELETE restrict,
	CONSTRAINT "order_lines_quantity" CHECK(quantity between 1 and 99 and total = quantity * unit_price)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `order_lines_variant` ON `order_lines` (`variant_id`);--> statement-breakpoint
CREATE TABLE `orders` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uid` text NOT NULL,
	`number` text NOT NULL,
	`status` text NOT NULL,
	`user_id` integer,
	`email` text,
	`token_hash` text NOT NULL,
	`token_sealed` text NOT NULL,
	`click_key` text,
	`source` text,
	`currency` text NOT NULL,
	`subtotal` integer NOT NULL,
	`discount` integer DEFAULT 0 NOT NULL,
	`discount_code` text,
	`shipping` integer DEFAULT 0 NOT NULL,
	`shipping_rate` text,
	`shipping_label` text,
	`tax` integer DEFAULT 0 NOT NULL,
	`total` integer NOT NULL,
	`country` text,
	`shipping_address` text,
	`return_to` text NOT NULL,
	`terms` text,
	`session_id` text,
	`session_url` text,
	`payment_intent` text,
	`payment_status` text DEFAULT 'none' NOT NULL,
	`amount_paid` integer DEFAULT 0 NOT NULL,
	`refunded` integer DEFAULT 0 NOT NULL,
	`refund_due` integer DEFAULT 0 NOT NULL,
	`dispute` text,
	`stock` text NOT NULL,
	`expires_at` integer NOT NULL,
	`reserved_until` integer NOT NULL,
	`resolve_at` integer,
	`carrier` text,
	`tracking_number` text,
	`tracking_url` text,
	`note` text,
	`person_left` integer DEFAULT false NOT NULL,
	`search` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`paid_at` integer,
	`fulfilled_at` integer,
	`cancelled_at` integer,
	`expired_at` integer,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null,
	CONSTRAINT "orders_money" CHECK(subtotal >= 0 and discount >= 0 and discount <= subtotal and shipping >= 0 and tax >= 0 and total >= 0),
	CONSTRAINT "orders_refunded" CHECK(refunded >= 0 and refunded <= amount_paid)
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `orders_uid_unique` ON `orders` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `orders_number_unique` ON `orders` (`number`);--> statement-breakpoint
CREATE UNIQUE INDEX `orders_tokenHash_unique` ON `orders` (`token_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `orders_clickKey_unique` ON `orders` (`click_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `orders_sessionId_unique` ON `orders` (`session_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `orders_paymentIntent_unique` ON `orders` (`payment_intent`);--> statement-breakpoint
CREATE INDEX `orders_user` ON `orders` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `orders_status` ON `orders` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `orders_created` ON `orders` (`created_at`,`id`);--> statement-breakpoint
CREATE INDEX `orders_email` ON `orders` (lower(email));--> statement-breakpoint
CREATE INDEX `orders_held` ON `orders` (`reserved_until`) WHERE stock = 'reserved' and payment_status in ('none', 'failed');--> statement-breakpoint
CREATE INDEX `orders_unresolved` ON `orders` (`resolve_at`) WHERE resolve_at is not null;--> statement-breakpoint
CREATE INDEX `orders_source` ON `orders` (`source`) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX `orders_refund_due` ON `orders` (`id`) WHERE refund_due > 0;--> statement-breakpoint
CREATE TABLE `payment_events` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`event_id` text NOT NULL,
	`type` text NOT NULL,
	`status` text NOT NULL,
	`order_id` integer,
	`subject` text,
	`payload` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`last_error` text,
	`due_at` integer,
	`leased_until` integer,
	`event_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`done_at` integer,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE set null
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `payment_events_uid_unique` ON `payment_events` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `payment_events_eventId_unique` ON `payment_events` (`event_id`);--> statement-breakpoint
CREATE INDEX `payment_events_status` ON `payment_events` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `payment_events_order` ON `payment_events` (`order_id`,`id`);--> statement-breakpoint
CREATE INDEX `payment_events_due` ON `payment_events` (`due_at`) WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX `payment_events_created` ON `payment_events` (`created_at`) WHERE payload is not null;