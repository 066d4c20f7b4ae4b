CREATE TABLE `comments` (
	`id` integer PRIMARY KEY NOT NULL,
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
CREATE TABLE `reactions` (
	`entity_type` text NOT NULL,
	`entity_id` integer NOT NULL,
	`person` text NOT NULL,
	`type` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`entity_type`, `entity_id`, `person`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `reactions_person` ON `reactions` (`person`,`created_at`);
--> statement-breakpoint
-- comment_count is what visitors see: approved comments, and approved replies to approved comments.
CREATE TRIGGER `comments_count` AFTER INSERT ON `comments`
WHEN new.`status` = 'approved' AND (new.`parent_id` IS NULL
	OR EXISTS (SELECT 1 FROM `comments` WHERE `id` = new.`parent_id` AND `status` = 'approved')) BEGIN
	UPDATE `posts` SET `comment_count` = `comment_count` + 1
	WHERE new.`entity_type` = 'post' AND `id` = new.`entity_id`;
	UPDATE `projects` SET `comment_count` = `comment_count` + 1
	WHERE new.`entity_type` = 'project' AND `id` = new.`entity_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `comments_recount` AFTER UPDATE OF `status` ON `comments`
WHEN (old.`status` = 'approved') <> (new.`status` = 'approved') AND (new.`parent_id` IS NULL
	OR EXISTS (SELECT 1 FROM `comments` WHERE `id` = new.`parent_id` AND `status` = 'approved')) BEGIN
	UPDATE `posts` SET `comment_count` = `comment_count` + iif(new.`status` = 'approved', 1, -1)
		* (1 + (SELECT count(*) FROM `comments` WHERE `parent_id` = new.`id` AND `status` = 'approved'))
	WHERE new.`entity_type` = 'post' AND `id` = new.`entity_id`;
	UPDATE `projects` SET `comment_count` = `comment_count` + iif(new.`status` = 'approved', 1, -1)
		* (1 + (SELECT count(*) FROM `comments` WHERE `parent_id` = new.`id` AND `status` = 'approved'))
	WHERE new.`entity_type` = 'project' AND `id` = new.`entity_id`;
END;
--> statement-breakpoint
-- Its replies are counted here: when the cascade comes to them, what they answer is gone.
CREATE TRIGGER `comments_uncount` BEFORE DELETE ON `comments`
WHEN old.`status` = 'approved' AND (old.`parent_id` IS NULL
	OR EXISTS (SELECT 1 FROM `comments` WHERE `id` = old.`parent_id` AND `status` = 'approved')) BEGIN
	UPDATE `posts` SET `comment_count` = `comment_count` - 1
		- (SELECT count(*) FROM `comments` WHERE `parent_id` = old.`id` AND `status` = 'approved')
	WHERE old.`entity_type` = 'post' AND `id` = old.`entity_id`;
	UPDATE `projects` SET `comment_count` = `comment_count` - 1
		- (SELECT count(*) FROM `comments` WHERE `parent_id` = old.`id` AND `status` = 'approved')
	WHERE old.`entity_type` = 'project' AND `id` = old.`entity_id`;
END;
--> statement-breakpoint
-- The mails about it name people too.
CREATE TRIGGER `comments_leave` AFTER DELETE ON `comments` BEGIN
	DELETE FROM `outbox` WHERE `about` = 'comment:' || old.`key`;
END;
--> statement-breakpoint
CREATE TRIGGER `reactions_count` AFTER INSERT ON `reactions` BEGIN
	UPDATE `posts` SET `like_count` = `like_count` + (new.`type` = 'like'),
		`love_count` = `love_count` + (new.`type` = 'love'),
		`congratulations_count` = `congratulations_count` + (new.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` + (new.`type` = 'insightful')
	WHERE new.`entity_type` = 'post' AND `id` = new.`entity_id`;
	UPDATE `projects` SET `like_count` = `like_count` + (new.`type` = 'like'),
		`love_count` = `love_count` + (new.`type` = 'love'),
		`congratulations_count` = `congratulations_count` + (new.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` + (new.`type` = 'insightful')
	WHERE new.`entity_type` = 'project' AND `id` = new.`entity_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `reactions_recount` AFTER UPDATE OF `type` ON `reactions`
WHEN old.`type` <> new.`type` BEGIN
	UPDATE `posts` SET `like_count` = `like_count` + (new.`type` = 'like') - (old.`type` = 'like'),
		`love_count` = `love_count` + (new.`type` = 'love') - (old.`type` = 'love'),
		`congratulations_count` = `congratulations_count` + (new.`type` = 'congratulations') - (old.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` + (new.`type` = 'insightful') - (old.`type` = 'insightful')
	WHERE new.`entity_type` = 'post' AND `id` = new.`entity_id`;
	UPDATE `projects` SET `like_count` = `like_count` + (new.`type` = 'like') - (old.`type` = 'like'),
		`love_count` = `love_count` + (new.`type` = 'love') - (old.`type` = 'love'),
		`congratulations_count` = `congratulations_count` + (new.`type` = 'congratulations') - (old.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` + (new.`type` = 'insightful') - (old.`type` = 'insightful')
	WHERE new.`entity_type` = 'project' AND `id` = new.`entity_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `reactions_uncount` AFTER DELETE ON `reactions` BEGIN
	UPDATE `posts` SET `like_count` = `like_count` - (old.`type` = 'like'),
		`love_count` = `love_count` - (old.`type` = 'love'),
		`congratulations_count` = `congratulations_count` - (old.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` - (old.`type` = 'insightful')
	WHERE old.`entity_type` = 'post' AND `id` = old.`entity_id`;
	UPDATE `projects` SET `like_count` = `like_count` - (old.`type` = 'like'),
		`love_count` = `love_count` - (old.`type` = 'love'),
		`congratulations_count` = `congratulations_count` - (old.`type` = 'congratulations'),
		`insightful_count` = `insightful_count` - (old.`type` = 'insightful')
	WHERE old.`entity_type` = 'project' AND `id` = old.`entity_id`;
END;
--> statement-breakpoint
-- Behind the deletion: counting must not write to the row that is being deleted.
CREATE TRIGGER `posts_fall_silent` AFTER DELETE ON `posts` BEGIN
	DELETE FROM `comments` WHERE `entity_type` = 'post' AND `entity_id` = old.`id`;
	DELETE FROM `reactions` WHERE `entity_type` = 'post' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `projects_fall_silent` AFTER DELETE ON `projects` BEGIN
	DELETE FROM `comments` WHERE `entity_type` = 'project' AND `entity_id` = old.`id`;
	DELETE FROM `reactions` WHERE `entity_type` = 'project' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
-- What an account said stays without the person; what was said under its address loses the address.
CREATE TRIGGER `users_fall_silent` BEFORE DELETE ON `users` BEGIN
	UPDATE `comments` SET `source` = NULL WHERE `user_id` = old.`id`;
	UPDATE `comments` SET `email` = NULL WHERE lower(email) = old.`email_key` || '';
	DELETE FROM `reactions` WHERE `person` = 'user:' || old.`uid`;
END;
