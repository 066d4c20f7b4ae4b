CREATE TABLE `refunds` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`uid` text NOT NULL,
	`order_id` integer NOT NULL,
	`amount` integer NOT NULL,
	`lines` text DEFAULT '[]' NOT NULL,
	`restock` integer DEFAULT false NOT NULL,
	`reason` text,
	`status` text NOT NULL,
	`provider_id` text,
	`error` text,
	`resolve_at` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`settled_at` integer,
	`failed_at` integer,
	`restocked_at` integer,
	FOREIGN KEY (`order_id`) REFERENCES `orders`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "refunds_amount" CHECK(amount > 0)
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `refunds_uid_unique` ON `refunds` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `refunds_providerId_unique` ON `refunds` (`provider_id`);--> statement-breakpoint
CREATE INDEX `refunds_order` ON `refunds` (`order_id`,`id`);--> statement-breakpoint
CREATE INDEX `refunds_unresolved` ON `refunds` (`resolve_at`) WHERE resolve_at is not null;--> statement-breakpoint
ALTER TABLE `orders` ADD `charge_refunded` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `orders` ADD `charge_refunded_at` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
-- What was told of orders so far was told by the charge.
UPDATE `orders` SET `charge_refunded` = `refunded`, `charge_refunded_at` = `updated_at` WHERE `refunded` > 0;
