-- The words of the index, each once and in their order: what begins as somebody types is looked up here.
-- The index knows them too (fts5vocab), but to get past a word it walks through all documents that hold it.
-- A word stays when its last document goes, and finds nothing then; a rebuild leaves it out.
CREATE TABLE `search_terms` (`term` text PRIMARY KEY NOT NULL) STRICT, WITHOUT ROWID;
--> statement-breakpoint
-- Takes one document apart, and is empty again behind it.
CREATE VIRTUAL TABLE `search_reading` USING fts5(
	`title`, `body`,
	tokenize = 'unicode61 remove_diacritics 2', content = '', columnsize = 0, detail = 'none'
);
--> statement-breakpoint
CREATE VIRTUAL TABLE `search_reading_terms` USING fts5vocab(`search_reading`, 'row');
--> statement-breakpoint
-- What is put in here is put into the index with its words.
CREATE VIEW `search_new_docs` AS SELECT * FROM `search_sources`;
--> statement-breakpoint
CREATE TRIGGER `search_new_docs_made` INSTEAD OF INSERT ON `search_new_docs` BEGIN
	INSERT INTO `search_docs` (`rowid`, `entity_type`, `title`, `body`, `slug`, `entity_id`, `published_at`)
	VALUES (new.`doc_id`, new.`entity_type`, new.`title`, new.`body`, new.`slug`, new.`entity_id`, new.`published_at`);
	INSERT INTO `search_reading` (`rowid`, `title`, `body`) VALUES (1, new.`title`, new.`body`);
	-- Not OR IGNORE: an upsert that runs the trigger would overrule it.
	INSERT INTO `search_terms` SELECT `term` FROM `search_reading_terms` WHERE true ON CONFLICT DO NOTHING;
	INSERT INTO `search_reading` (`search_reading`) VALUES ('delete-all');
END;
--> statement-breakpoint
DROP TRIGGER `posts_search_made`;
--> statement-breakpoint
CREATE TRIGGER `posts_search_made` AFTER INSERT ON `posts` WHEN new.`status` <> 'draft' BEGIN
	INSERT INTO `search_new_docs`
	SELECT * FROM `search_sources` WHERE `entity_type` = 'post' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
DROP TRIGGER `posts_search_changed`;
--> statement-breakpoint
CREATE TRIGGER `posts_search_changed` AFTER UPDATE OF `id`, `slug`, `title`, `excerpt`, `content`, `status`, `published_at` ON `posts`
WHEN (old.`id`, old.`slug`, old.`title`, old.`excerpt`, old.`content`, old.`status` = 'draft', old.`published_at`)
	IS NOT (new.`id`, new.`slug`, new.`title`, new.`excerpt`, new.`content`, new.`status` = 'draft', new.`published_at`)
BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 1;
	INSERT INTO `search_new_docs`
	SELECT * FROM `search_sources` WHERE `entity_type` = 'post' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
DROP TRIGGER `projects_search_made`;
--> statement-breakpoint
CREATE TRIGGER `projects_search_made` AFTER INSERT ON `projects` WHEN new.`status` <> 'draft' BEGIN
	INSERT INTO `search_new_docs`
	SELECT * FROM `search_sources` WHERE `entity_type` = 'project' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
DROP TRIGGER `projects_search_changed`;
--> statement-breakpoint
CREATE TRIGGER `projects_search_changed` AFTER UPDATE OF `id`, `slug`, `title`, `summary`, `content`, `status`, `published_at` ON `projects`
WHEN (old.`id`, old.`slug`, old.`title`, old.`summary`, old.`content`, old.`status` = 'draft', old.`published_at`)
	IS NOT (new.`id`, new.`slug`, new.`title`, new.`summary`, new.`content`, new.`status` = 'draft', new.`published_at`)
BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 2;
	INSERT INTO `search_new_docs`
	SELECT * FROM `search_sources` WHERE `entity_type` = 'project' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
DROP TRIGGER `products_search_made`;
--> statement-breakpoint
CREATE TRIGGER `products_search_made` AFTER INSERT ON `products` WHEN new.`status` = 'active' BEGIN
	INSERT INTO `search_new_docs`
	SELECT * FROM `search_sources` WHERE `entity_type` = 'product' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
DROP TRIGGER `products_search_changed`;
--> statement-breakpoint
CREATE TRIGGER `products_search_changed` AFTER UPDATE OF `id`, `slug`, `name`, `description`, `attributes`, `status`, `published_at` ON `products`
WHEN (old.`id`, old.`slug`, old.`name`, old.`description`, old.`attributes`, old.`status` = 'active', old.`published_at`)
	IS NOT (new.`id`, new.`slug`, new.`name`, new.`description`, new.`attributes`, new.`status` = 'active', new.`published_at`)
BEGIN
	DELETE FROM `search_docs` WHERE `rowid` =
		min(old.`published_at` / 1000, 34359738367) * 268435456 + old.`id` * 16 + 3;
	INSERT INTO `search_new_docs`
	SELECT * FROM `search_sources` WHERE `entity_type` = 'product' AND `entity_id` = new.`id`;
END;
--> statement-breakpoint
-- From word to word: to list all that stands in the index would be each word of each document.
INSERT INTO `search_terms`
WITH RECURSIVE known (word) AS (
	SELECT (SELECT `term` FROM `search_words` WHERE `term` >= '' LIMIT 1)
	UNION ALL
	SELECT (SELECT `term` FROM `search_words` WHERE `term` >= word || char(1) LIMIT 1) FROM known WHERE word IS NOT NULL
)
SELECT word FROM known WHERE word IS NOT NULL;
