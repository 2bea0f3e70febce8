-- +goose Up

-- When mail or phone of a user were last changed; the least number is never.
ALTER TABLE users ADD COLUMN reach_changed_at INTEGER NOT NULL DEFAULT -9223372036854775808;

-- What a device claimed of its keys was stored as if it were known. Nothing was ever proved.
UPDATE devices SET class = 'software';
