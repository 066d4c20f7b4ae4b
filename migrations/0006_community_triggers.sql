-- The newest posts of a tag stand together, so that a page of a rare tag does not walk all posts.
UPDATE `post_tags` SET `published_at` =
	(SELECT `published_at` FROM `posts` WHERE `id` = `post_id` AND `status` <> 'draft');
--> statement-breakpoint
CREATE TRIGGER `post_tags_time` AFTER INSERT ON `post_tags` BEGIN
	UPDATE `post_tags` SET `published_at` =
		(SELECT `published_at` FROM `posts` WHERE `id` = new.`post_id` AND `status` <> 'draft')
	WHERE `post_id` = new.`post_id` AND `tag_id` = new.`tag_id`;
END;
--> statement-breakpoint
CREATE TRIGGER `posts_time` AFTER UPDATE OF `status`, `published_at` ON `posts`
WHEN (old.`status` = 'draft', old.`published_at`) IS NOT (new.`status` = 'draft', new.`published_at`) BEGIN
	UPDATE `post_tags` SET `published_at` = iif(new.`status` = 'draft', NULL, new.`published_at`)
	WHERE `post_id` = new.`id`;
END;
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
	DELETE FROM `outbox` WHERE `about` IN (SELECT 'comment:' || `key` FROM `comments` WHERE `user_id` = old.`id`);
	UPDATE `comments` SET `source` = NULL WHERE `user_id` = old.`id`;
	-- Of a proven address only: anybody may register a stranger's.
	UPDATE `comments` SET `email` = NULL
	WHERE old.`verified_at` IS NOT NULL AND lower(email) = old.`email_key` || '';
	DELETE FROM `reactions` WHERE `person` = 'user:' || old.`uid`;
END;
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
