-- Creates the database and its two users on MySQL 8 or MariaDB 10.6 and later.
--
-- An administrator runs this once:      mysql --user=root --password < make_db.sql
-- then gives the users passwords:       ALTER USER 'prompter_user'@'%' IDENTIFIED BY '…' ACCOUNT UNLOCK;
-- then creates tables, triggers, rights: mysql --user=root --password < make_tables.sql
--
-- `prompter migrate` does the last step too, given an administrator's account.
--
-- No password stands here, and until one is given nobody can sign in. The rights come with the tables. prompter_user
-- is the application: SELECT and INSERT on `event`, SELECT on `erased`, `migration` and views, and SELECT, INSERT,
-- UPDATE and DELETE on the other tables. So the application can neither change nor remove an event. prompter_eraser
-- is for `prompter erase` alone, and may remove payloads besides; it can stay locked until somebody is to be erased.
-- Narrow '%' to the host or network that the application runs on where you can, here and in make_tables.sql.

CREATE DATABASE IF NOT EXISTS prompter CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE USER IF NOT EXISTS 'prompter_user'@'%' ACCOUNT LOCK;

CREATE USER IF NOT EXISTS 'prompter_eraser'@'%' ACCOUNT LOCK;
