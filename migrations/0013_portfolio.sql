ALTER TABLE `profiles` ADD `texts` text;--> statement-breakpoint
ALTER TABLE `projects` ADD `view_count` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `projects` ADD `author_id` integer REFERENCES users(id) ON DELETE set null;--> statement-breakpoint
CREATE INDEX `projects_author` ON `projects` (`author_id`);--> statement-breakpoint
CREATE INDEX `reactions_newest` ON `reactions` (`entity_type`,`entity_id`,`created_at`);
