CREATE TABLE `deleted_files` (
	`key` text PRIMARY KEY NOT NULL,
	`deleted_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deleted_files_due` ON `deleted_files` (`deleted_at`);--> statement-breakpoint
CREATE TABLE `image_uses` (
	`image_id` integer NOT NULL,
	`entity_type` text NOT NULL,
	`entity_id` integer NOT NULL,
	PRIMARY KEY(`image_id`, `entity_type`, `entity_id`),
	FOREIGN KEY (`image_id`) REFERENCES `images`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `image_uses_entity` ON `image_uses` (`entity_type`,`entity_id`);--> statement-breakpoint
CREATE TABLE `images` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`status` text NOT NULL,
	`entity_type` text,
	`entity_id` integer,
	`position` integer DEFAULT 0 NOT NULL,
	`alt_text` text DEFAULT '' NOT NULL,
	`content_type` text NOT NULL,
	`byte_size` integer NOT NULL,
	`width` integer NOT NULL,
	`height` integer NOT NULL,
	`uploader_id` integer,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`uploader_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `images_key_unique` ON `images` (`key`);--> statement-breakpoint
CREATE INDEX `images_entity` ON `images` (`entity_type`,`entity_id`,`position`,`id`);--> statement-breakpoint
CREATE INDEX `images_uploader` ON `images` (`uploader_id`,`created_at`);--> statement-breakpoint
CREATE INDEX `images_pending` ON `images` (`created_at`) WHERE status = 'pending';--> statement-breakpoint
CREATE TABLE `videos` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`entity_type` text NOT NULL,
	`entity_id` integer NOT NULL,
	`position` integer DEFAULT 0 NOT NULL,
	`title` text NOT NULL,
	`url` text NOT NULL,
	`source` text NOT NULL,
	`external_id` text,
	`thumbnail_url` text,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
) STRICT;
--> statement-breakpoint
CREATE INDEX `videos_entity` ON `videos` (`entity_type`,`entity_id`,`position`,`id`);--> statement-breakpoint
CREATE TABLE `post_tags` (
	`post_id` integer NOT NULL,
	`tag_id` integer NOT NULL,
	`position` integer NOT NULL,
	PRIMARY KEY(`post_id`, `tag_id`),
	FOREIGN KEY (`post_id`) REFERENCES `posts`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`tag_id`) REFERENCES `tags`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `post_tags_tag` ON `post_tags` (`tag_id`,`post_id`);--> statement-breakpoint
CREATE TABLE `posts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`slug` text NOT NULL,
	`title` text NOT NULL,
	`excerpt` text NOT NULL,
	`content` text NOT NULL,
	`content_html` text NOT NULL,
	`render_version` integer NOT NULL,
	`reading_minutes` integer NOT NULL,
	`status` text NOT NULL,
	`published_at` integer,
	`author_id` integer,
	`search` text NOT NULL,
	`view_count` integer DEFAULT 0 NOT NULL,
	`comment_count` integer DEFAULT 0 NOT NULL,
	`like_count` integer DEFAULT 0 NOT NULL,
	`love_count` integer DEFAULT 0 NOT NULL,
	`congratulations_count` integer DEFAULT 0 NOT NULL,
	`insightful_count` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`author_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE set null
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `posts_slug_unique` ON `posts` (`slug`);--> statement-breakpoint
CREATE INDEX `posts_newest` ON `posts` (`published_at`,`id`) WHERE status <> 'draft';--> statement-breakpoint
CREATE INDEX `posts_author` ON `posts` (`author_id`,`published_at`,`id`);--> statement-breakpoint
CREATE INDEX `posts_waiting` ON `posts` (`id`) WHERE status <> 'published';--> statement-breakpoint
CREATE INDEX `posts_due` ON `posts` (`published_at`) WHERE status = 'scheduled';--> statement-breakpoint
CREATE INDEX `posts_rendered` ON `posts` (`render_version`);--> statement-breakpoint
CREATE TABLE `tags` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`key` text NOT NULL,
	`post_count` integer DEFAULT 0 NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `tags_key_unique` ON `tags` (`key`);--> statement-breakpoint
CREATE INDEX `tags_used` ON `tags` (`post_count`,`id`) WHERE post_count > 0;--> statement-breakpoint
CREATE TABLE `profiles` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_id` integer NOT NULL,
	`name` text NOT NULL,
	`last_name` text,
	`display_name` text,
	`title` text,
	`bio` text,
	`bio_html` text,
	`render_version` integer NOT NULL,
	`email` text,
	`resume_url` text,
	`links` text NOT NULL,
	`skills` text NOT NULL,
	`experience` text NOT NULL,
	`education` text NOT NULL,
	`certifications` text NOT NULL,
	`achievements` text NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `profiles_userId_unique` ON `profiles` (`user_id`);--> statement-breakpoint
CREATE INDEX `profiles_rendered` ON `profiles` (`render_version`);--> statement-breakpoint
CREATE TABLE `project_technologies` (
	`project_id` integer NOT NULL,
	`technology_id` integer NOT NULL,
	`position` integer NOT NULL,
	PRIMARY KEY(`project_id`, `technology_id`),
	FOREIGN KEY (`project_id`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`technology_id`) REFERENCES `technologies`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `project_technologies_technology` ON `project_technologies` (`technology_id`,`project_id`);--> statement-breakpoint
CREATE TABLE `projects` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`slug` text NOT NULL,
	`title` text NOT NULL,
	`summary` text NOT NULL,
	`content` text NOT NULL,
	`content_html` text NOT NULL,
	`render_version` integer NOT NULL,
	`repo_url` text,
	`demo_url` text,
	`featured` integer DEFAULT false NOT NULL,
	`position` integer DEFAULT 0 NOT NULL,
	`status` text NOT NULL,
	`search` text NOT NULL,
	`comment_count` integer DEFAULT 0 NOT NULL,
	`like_count` integer DEFAULT 0 NOT NULL,
	`love_count` integer DEFAULT 0 NOT NULL,
	`congratulations_count` integer DEFAULT 0 NOT NULL,
	`insightful_count` integer DEFAULT 0 NOT NULL,
	`version` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`published_at` integer
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `projects_slug_unique` ON `projects` (`slug`);--> statement-breakpoint
CREATE INDEX `projects_newest` ON `projects` (`published_at`,`id`) WHERE status = 'published';--> statement-breakpoint
CREATE INDEX `projects_position` ON `projects` (`position`,`id`) WHERE status = 'published';--> statement-breakpoint
CREATE INDEX `projects_drafts` ON `projects` (`id`) WHERE status = 'draft';--> statement-breakpoint
CREATE INDEX `projects_rendered` ON `projects` (`render_version`);--> statement-breakpoint
CREATE TABLE `technologies` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`key` text NOT NULL
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `technologies_key_unique` ON `technologies` (`key`);--> statement-breakpoint
CREATE TABLE `slugs` (
	`entity_type` text NOT NULL,
	`slug` text NOT NULL,
	`entity_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`entity_type`, `slug`)
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `slugs_entity` ON `slugs` (`entity_type`,`entity_id`);