-- How many published posts a tag has.
CREATE TRIGGER `post_tags_count` AFTER INSERT ON `post_tags` BEGIN
	UPDATE `tags` SET `post_count` = `post_count` + 1
	WHERE `id` = new.`tag_id`
		AND EXISTS (SELECT 1 FROM `posts` WHERE `id` = new.`post_id` AND `status` = 'published');
END;
--> statement-breakpoint
CREATE TRIGGER `post_tags_uncount` AFTER DELETE ON `post_tags` BEGIN
	UPDATE `tags` SET `post_count` = `post_count` - 1
	WHERE `id` = old.`tag_id`
		AND EXISTS (SELECT 1 FROM `posts` WHERE `id` = old.`post_id` AND `status` = 'published');
END;
--> statement-breakpoint
CREATE TRIGGER `posts_count` AFTER UPDATE OF `status` ON `posts`
WHEN (old.`status` = 'published') <> (new.`status` = 'published') BEGIN
	UPDATE `tags` SET `post_count` = `post_count` + iif(new.`status` = 'published', 1, -1)
	WHERE `id` IN (SELECT `tag_id` FROM `post_tags` WHERE `post_id` = new.`id`);
END;
--> statement-breakpoint
-- What belongs to a post goes with it. Its tags first: a cascade comes when its status is gone.
CREATE TRIGGER `posts_leave` BEFORE DELETE ON `posts` BEGIN
	DELETE FROM `post_tags` WHERE `post_id` = old.`id`;
	DELETE FROM `slugs` WHERE `entity_type` = 'post' AND `entity_id` = old.`id`;
	DELETE FROM `image_uses` WHERE `entity_type` = 'post' AND `entity_id` = old.`id`;
	DELETE FROM `videos` WHERE `entity_type` = 'post' AND `entity_id` = old.`id`;
	DELETE FROM `images` WHERE `entity_type` = 'post' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `projects_leave` BEFORE DELETE ON `projects` BEGIN
	DELETE FROM `slugs` WHERE `entity_type` = 'project' AND `entity_id` = old.`id`;
	DELETE FROM `image_uses` WHERE `entity_type` = 'project' AND `entity_id` = old.`id`;
	DELETE FROM `videos` WHERE `entity_type` = 'project' AND `entity_id` = old.`id`;
	DELETE FROM `images` WHERE `entity_type` = 'project' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `profiles_leave` BEFORE DELETE ON `profiles` BEGIN
	DELETE FROM `slugs` WHERE `entity_type` = 'profile' AND `entity_id` = old.`id`;
	DELETE FROM `image_uses` WHERE `entity_type` = 'profile' AND `entity_id` = old.`id`;
	DELETE FROM `videos` WHERE `entity_type` = 'profile' AND `entity_id` = old.`id`;
	DELETE FROM `images` WHERE `entity_type` = 'profile' AND `entity_id` = old.`id`;
END;
--> statement-breakpoint
-- A file outlives its row by as long as its deletion takes.
CREATE TRIGGER `images_deleted` AFTER DELETE ON `images` BEGIN
	INSERT OR REPLACE INTO `deleted_files` (`key`, `deleted_at`) VALUES (old.`key`, 0);
END;
--> statement-breakpoint
CREATE TRIGGER `images_replaced` AFTER UPDATE OF `key` ON `images` WHEN old.`key` <> new.`key` BEGIN
	INSERT OR REPLACE INTO `deleted_files` (`key`, `deleted_at`) VALUES (old.`key`, 0);
	DELETE FROM `deleted_files` WHERE `key` = new.`key`;
END;
