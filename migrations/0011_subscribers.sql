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
CREATE TABLE `suppressions` (
	`email_key` text PRIMARY KEY NOT NULL,
	`reason` text NOT NULL,
	`created_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
-- The mails to a subscriber name a person, and what still waits is not wanted any more.
CREATE TRIGGER `subscribers_leave` AFTER DELETE ON `subscribers` BEGIN
	DELETE FROM `outbox` WHERE `about` = 'subscriber:' || old.`id`;
END;
--> statement-breakpoint
-- Of a proven address only: anybody may register a stranger's.
CREATE TRIGGER `users_unsubscribe` AFTER DELETE ON `users`
WHEN old.`verified_at` IS NOT NULL BEGIN
	DELETE FROM `subscribers` WHERE `email_key` = old.`email_key`;
END;
--> statement-breakpoint
-- What is published is news, once. With a time more than a day back it is an archive, and no news.
CREATE TRIGGER `posts_news` AFTER INSERT ON `posts`
WHEN new.`status` = 'published' AND new.`published_at` > new.`updated_at` - 86400000 BEGIN
	INSERT INTO `newsletters` (`entity_type`, `entity_id`, `cursor`, `queued`, `created_at`)
		SELECT 'post', new.`id`, 0, 0, max(new.`published_at`, new.`updated_at`)
		WHERE NOT EXISTS (SELECT 1 FROM `newsletters` WHERE `entity_type` = 'post' AND `entity_id` = new.`id`);
END;
--> statement-breakpoint
CREATE TRIGGER `posts_news_later` AFTER UPDATE OF `status` ON `posts`
WHEN new.`status` = 'published' AND old.`status` <> 'published'
	AND new.`published_at` > new.`updated_at` - 86400000 BEGIN
	INSERT INTO `newsletters` (`entity_type`, `entity_id`, `cursor`, `queued`, `created_at`)
		SELECT 'post', new.`id`, 0, 0, max(new.`published_at`, new.`updated_at`)
		WHERE NOT EXISTS (SELECT 1 FROM `newsletters` WHERE `entity_type` = 'post' AND `entity_id` = new.`id`);
END;
--> statement-breakpoint
-- Hidden before anybody was told of it, it may be news another time.
CREATE TRIGGER `posts_no_news` AFTER UPDATE OF `status` ON `posts`
WHEN old.`status` = 'published' AND new.`status` <> 'published' BEGIN
	DELETE FROM `newsletters` WHERE `entity_type` = 'post' AND `entity_id` = new.`id`
		AND `queued` = 0 AND `finished_at` IS NULL;
	UPDATE `newsletters` SET `finished_at` = new.`updated_at`
		WHERE `entity_type` = 'post' AND `entity_id` = new.`id` AND `finished_at` IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `posts_leave_news` AFTER DELETE ON `posts` BEGIN
	DELETE FROM `newsletters` WHERE `entity_type` = 'post' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `projects_news` AFTER INSERT ON `projects`
WHEN new.`status` = 'published' AND new.`published_at` > new.`updated_at` - 86400000 BEGIN
	INSERT INTO `newsletters` (`entity_type`, `entity_id`, `cursor`, `queued`, `created_at`)
		SELECT 'project', new.`id`, 0, 0, max(new.`published_at`, new.`updated_at`)
		WHERE NOT EXISTS (SELECT 1 FROM `newsletters` WHERE `entity_type` = 'project' AND `entity_id` = new.`id`);
END;
--> statement-breakpoint
CREATE TRIGGER `projects_news_later` AFTER UPDATE OF `status` ON `projects`
WHEN new.`status` = 'published' AND old.`status` <> 'published'
	AND new.`published_at` > new.`updated_at` - 86400000 BEGIN
	INSERT INTO `newsletters` (`entity_type`, `entity_id`, `cursor`, `queued`, `created_at`)
		SELECT 'project', new.`id`, 0, 0, max(new.`published_at`, new.`updated_at`)
		WHERE NOT EXISTS (SELECT 1 FROM `newsletters` WHERE `entity_type` = 'project' AND `entity_id` = new.`id`);
END;
--> statement-breakpoint
CREATE TRIGGER `projects_no_news` AFTER UPDATE OF `status` ON `projects`
WHEN old.`status` = 'published' AND new.`status` <> 'published' BEGIN
	DELETE FROM `newsletters` WHERE `entity_type` = 'project' AND `entity_id` = new.`id`
		AND `queued` = 0 AND `finished_at` IS NULL;
	UPDATE `newsletters` SET `finished_at` = new.`updated_at`
		WHERE `entity_type` = 'project' AND `entity_id` = new.`id` AND `finished_at` IS NULL;
END;
--> statement-breakpoint
CREATE TRIGGER `projects_leave_news` AFTER DELETE ON `projects` BEGIN
	DELETE FROM `newsletters` WHERE `entity_type` = 'project' AND `entity_id` = old.`id`;
END;
