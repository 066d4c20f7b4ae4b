-- A file outlives its row by as long as its deletion takes.
CREATE TRIGGER `images_deleted` AFTER DELETE ON `images` BEGIN
	INSERT OR REPLACE INTO `deleted_files` (`key`, `deleted_at`) VALUES (OLD.`key`, 0);
END;
--> statement-breakpoint
CREATE TRIGGER `images_replaced` AFTER UPDATE OF `key` ON `images` WHEN OLD.`key` <> NEW.`key` BEGIN
	INSERT OR REPLACE INTO `deleted_files` (`key`, `deleted_at`) VALUES (OLD.`key`, 0);
	DELETE FROM `deleted_files` WHERE `key` = NEW.`key`;
END;
