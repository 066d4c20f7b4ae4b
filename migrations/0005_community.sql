CREATE TABLE `comments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`entity_type` text NOT NULL,
	`entity_id` integer NOT NULL,
	`parent_id` integer,
	`user_id` integer,
	`name` text,
	`email` text,
	`content` text NOT NULL,
	`status` text NOT NULL,
	`source` text,
	`search` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`parent_id`) REFERENCES `comments`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `comments_key_unique` ON `comments` (`key`);--> statement-breakpoint
CREATE INDEX `comments_thread` ON `comments` (`entity_type`,`entity_id`,`parent_id`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `comments_replies` ON `comments` (`parent_id`,`status`,`id`);--> statement-breakpoint
CREATE INDEX `comments_status` ON `comments` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `comments_user` ON `comments` (`user_id`,`status`);--> statement-breakpoint
CREATE INDEX `comments_email` ON `comments` (lower(email));--> statement-breakpoint
CREATE INDEX `comments_source` ON `comments` (`created_at`) WHERE source is not null;--> statement-breakpoint
CREATE TABLE `suppressions` (
	`email_key` text PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`created_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `reactions` (
	`entity_type` text NOT NULL,
	`entity_id` integer NOT NULL,
	`person` text NOT NULL,
	`type` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`entity_type`, `entity_id`, `person`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `reactions_person` ON `reactions` (`person`,`created_at`);--> statement-breakpoint
CREATE TABLE `newsletters` (
	`id` integer PRIMARY KEY NOT NULL,
	`entity_type` text NOT NULL,
	`entity_id` integer NOT NULL,
	`cursor` integer NOT NULL,
	`queued` integer NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `newsletters_entity` ON `newsletters` (`entity_type`,`entity_id`);--> statement-breakpoint
CREATE INDEX `newsletters_waiting` ON `newsletters` (`id`) WHERE finished_at is null;--> statement-breakpoint
CREATE TABLE `subscribers` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`email` text NOT NULL,
	`email_key` text NOT NULL,
	`status` text NOT NULL,
	`confirm_hash` text,
	`confirm_expires_at` integer,
	`created_at` integer NOT NULL,
	`confirmed_at` integer,
	`unsubscribed_at` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `subscribers_emailKey_unique` ON `subscribers` (`email_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `subscribers_confirmHash_unique` ON `subscribers` (`confirm_hash`);--> statement-breakpoint
CREATE INDEX `subscribers_status` ON `subscribers` (`status`,`id`);--> statement-breakpoint
CREATE INDEX `subscribers_asked` ON `subscribers` (`confirm_expires_at`) WHERE status = 'pending';--> statement-breakpoint
DROP INDEX `post_tags_tag`;--> statement-breakpoint
ALTER TABLE `post_tags` ADD `published_at` integer;--> statement-breakpoint
CREATE INDEX `post_tags_newest` ON `post_tags` (`tag_id`,`published_at`,`post_id`);