-- +goose Up

-- What the approval key of a device demands, and what the policy was when a phone claimed the session. Whoever was there before verifies at each approval.
ALTER TABLE devices ADD COLUMN uv_policy TEXT NOT NULL DEFAULT 'each_approval';
ALTER TABLE registration_sessions ADD COLUMN uv_policy TEXT NOT NULL DEFAULT 'each_approval';
