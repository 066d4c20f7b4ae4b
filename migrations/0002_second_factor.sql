CREATE TABLE `challenges` (
	`id` integer PRIMARY KEY NOT NULL,
	`user_id` integer NOT NULL,
	`hash` text NOT NULL,
	`mode` text NOT NULL,
	`tries` integer DEFAULT 0 NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `challenges_hash_unique` ON `challenges` (`hash`);--> statement-breakpoint
CREATE INDEX `challenges_user_id` ON `challenges` (`user_id`);--> statement-breakpoint
CREATE INDEX `challenges_expires_at` ON `challenges` (`expires_at`);--> statement-breakpoint
CREATE TABLE `devices` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`user_id` integer NOT NULL,
	`hash` text NOT NULL,
	`user_agent` text NOT NULL,
	`source` text NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`trusted_until` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `devices_uid_unique` ON `devices` (`uid`);--> statement-breakpoint
CREATE UNIQUE INDEX `devices_hash_unique` ON `devices` (`hash`);--> statement-breakpoint
CREATE INDEX `devices_user_id` ON `devices` (`user_id`);--> statement-breakpoint
CREATE INDEX `devices_last_seen_at` ON `devices` (`last_seen_at`);--> statement-breakpoint
CREATE TABLE `email_codes` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`hash` text NOT NULL,
	`expires_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE TABLE `login_attempts` (
	`id` integer PRIMARY KEY NOT NULL,
	`uid` text NOT NULL,
	`user_id` integer NOT NULL,
	`outcome` text NOT NULL,
	`user_agent` text NOT NULL,
	`source` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
CREATE UNIQUE INDEX `login_attempts_uid_unique` ON `login_attempts` (`uid`);--> statement-breakpoint
CREATE INDEX `login_attempts_user_id` ON `login_attempts` (`user_id`,`id`);--> statement-breakpoint
CREATE INDEX `login_attempts_created_at` ON `login_attempts` (`created_at`);--> statement-breakpoint
CREATE TABLE `login_guards` (
	`key` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`window_ends_at` integer NOT NULL,
	`streak` integer NOT NULL,
	`blocked_until` integer DEFAULT 0 NOT NULL,
	`mailed_at` integer DEFAULT 0 NOT NULL,
	`forget_at` integer NOT NULL
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `login_guards_forget_at` ON `login_guards` (`forget_at`);--> statement-breakpoint
CREATE TABLE `recovery_codes` (
	`user_id` integer NOT NULL,
	`hash` text NOT NULL,
	PRIMARY KEY(`user_id`, `hash`),
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT, WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `totp_secrets` (
	`user_id` integer PRIMARY KEY NOT NULL,
	`secret` text,
	`pending` text,
	`last_step` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
) STRICT;
--> statement-breakpoint
ALTER TABLE `sessions` ADD `device_id` integer REFERENCES devices(id) ON DELETE SET NULL;--> statement-breakpoint
CREATE INDEX `sessions_device_id` ON `sessions` (`device_id`);--> statement-breakpoint
ALTER TABLE `users` ADD `totp_enabled_at` integer;--> statement-breakpoint
ALTER TABLE `users` ADD `email_codes_enabled_at` integer;--> statement-breakpoint
CREATE INDEX `users_unproven` ON `users` (`created_at`) WHERE verified_at is null;