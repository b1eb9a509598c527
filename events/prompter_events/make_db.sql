-- Creates the database and the application's user on MySQL 8 or MariaDB 10.6 and later.
--
-- An administrator runs this once:      mysql --user=root --password < make_db.sql
-- then gives the user its password:     ALTER USER 'prompter_user'@'%' IDENTIFIED BY '…' ACCOUNT UNLOCK;
-- then creates tables, triggers, rights: prompter migrate
--
-- No password stands here, and until one is given nobody can sign in. The rights come with the tables, by
-- `prompter migrate` with an administrator's account: SELECT and INSERT on `event`, SELECT on `migration` and on
-- views, and SELECT, INSERT, UPDATE and DELETE on the other tables. So the application can neither change nor remove
-- an event. Narrow '%' to the host or network that the application runs on where you can.

CREATE DATABASE IF NOT EXISTS prompter CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE USER IF NOT EXISTS 'prompter_user'@'%' ACCOUNT LOCK;
