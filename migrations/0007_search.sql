-- What can be found, as documents of words. Each document holds its own text, so that no write can
-- put the index out of step with a table beside it.
CREATE VIRTUAL TABLE `search_docs` USING fts5(
	`entity_type`, `title`, `body`, `slug` UNINDEXED, `entity_id` UNINDEXED, `published_at` UNINDEXED,
	tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);
--> statement-breakpoint
-- The document of each thing that is not a draft. Its number grows with the second of publishing, so
-- that an index walk meets the newest first: 35 bits of seconds, 24 of the thing's own number, 4 of its
-- kind. An excerpt that is only the beginning of the text adds nothing. The text is cut because an indexed value of more than 100 KB can break the index on D1.
CREATE VIEW `search_sources` AS
SELECT min(`published_at` / 1000, 34359738367) * 268435456 + `id` * 16 + 1 AS `doc_id`,
	'post' AS `entity_type`, `title`, substr(`content` || iif(instr(`content`, substr(`excerpt`, 1, 40)) > 0, '', char(10) || `excerpt`), 1, 20000) AS `body`,
	`slug`, `id` AS `entity_id`, `published_at`
FROM `posts` WHERE `status` <> 'draft' AND `published_at` IS NOT NULL
UNION ALL
SELECT min(`published_at` / 1000, 34359738367) * 268435456 + `id` * 16 + 2,
	'project', `title`, substr(`summary` || char(10) || `content`, 1, 20000),
	`slug`, `id`, `published_at`
FROM `projects` WHERE `status` <> 'draft' AND `published_at` IS NOT NULL;
--> statement-breakpoint
INSERT INTO `search_docs` (`rowid`, `entity_type`, `title`, `body`, `slug`, `entity_id`, `published_at`)
SELECT * FROM `search_sources`;
--> statement-breakpoint
CREATE TRIGGER `posts_search_made` AFTER INSERT ON `posts` WHEN new.`status` <> 'draft' BEGIN
	INSERT INTO `search_docs` (`rowid`, `entity_type`, `title`, `body`, `slug`, `entity_id`, `published_at`)
	SELECT * FROM `search_sources` WHERE `entity_type` = 'post' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
-- Only behind the change: one that OR IGNORE passes over has run its BEFORE triggers.
CREATE TRIGGER `posts_search_changed` AFTER UPDATE OF `id`, `slug`, `title`, `excerpt`, `content`, `status`, `published_at` ON `posts`
WHEN (old.`id`, old.`slug`, old.`title`, old.`excerpt`, old.`content`, old.`status` = 'draft', old.`published_at`)
	IS NOT (new.`id`, new.`slug`, new.`title`, new.`excerpt`, new.`content`, new.`status` = 'draft', new.`published_at`)
BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 1;
	INSERT INTO `search_docs` (`rowid`, `entity_type`, `title`, `body`, `slug`, `entity_id`, `published_at`)
	SELECT * FROM `search_sources` WHERE `entity_type` = 'post' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `posts_search_gone` AFTER DELETE ON `posts` BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `projects_search_made` AFTER INSERT ON `projects` WHEN new.`status` <> 'draft' BEGIN
	INSERT INTO `search_docs` (`rowid`, `entity_type`, `title`, `body`, `slug`, `entity_id`, `published_at`)
	SELECT * FROM `search_sources` WHERE `entity_type` = 'project' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `projects_search_changed` AFTER UPDATE OF `id`, `slug`, `title`, `summary`, `content`, `status`, `published_at` ON `projects`
WHEN (old.`id`, old.`slug`, old.`title`, old.`summary`, old.`content`, old.`status` = 'draft', old.`published_at`)
	IS NOT (new.`id`, new.`slug`, new.`title`, new.`summary`, new.`content`, new.`status` = 'draft', new.`published_at`)
BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 2;
	INSERT INTO `search_docs` (`rowid`, `entity_type`, `title`, `body`, `slug`, `entity_id`, `published_at`)
	SELECT * FROM `search_sources` WHERE `entity_type` = 'project' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `projects_search_gone` AFTER DELETE ON `projects` BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 2;
END;
