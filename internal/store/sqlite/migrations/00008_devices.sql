-- +goose Up

-- How a device came to its account, and what becomes of the data on it. Whoever was there before came by registration, and is on no probation.
ALTER TABLE devices ADD COLUMN origin TEXT NOT NULL DEFAULT 'registration';
ALTER TABLE devices ADD COLUMN from_device TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN probation_until INTEGER NOT NULL DEFAULT -9223372036854775808;
ALTER TABLE devices ADD COLUMN wipe_state TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN wipe_scope TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN wipe_counter INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN wipe_command TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN wipe_requested_at INTEGER NOT NULL DEFAULT -9223372036854775808;
ALTER TABLE devices ADD COLUMN wipe_requested_by TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN wipe_delivered_at INTEGER NOT NULL DEFAULT -9223372036854775808;
ALTER TABLE devices ADD COLUMN wipe_confirmed_at INTEGER NOT NULL DEFAULT -9223372036854775808;
ALTER TABLE devices ADD COLUMN wipe_left TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN wipe_receipt TEXT NOT NULL DEFAULT '';

-- Accounts on their way from one phone to another. What is handed over is encrypted to a key of the new phone.
CREATE TABLE duplicates (
    seq          INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    secret_hash  BLOB    UNIQUE,
    user_id      TEXT    NOT NULL REFERENCES users (id),
    from_device  TEXT    NOT NULL REFERENCES devices (id),
    state        TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    claim_key    BLOB    NOT NULL,
    claim_ip     TEXT    NOT NULL,
    statement    TEXT    NOT NULL,
    claim_mac    BLOB,
    raced        INTEGER NOT NULL,
    ended_at     INTEGER NOT NULL,
    device_id    TEXT    NOT NULL,
    bound        TEXT    NOT NULL,
    handover     BLOB,
    handover_mac BLOB
) STRICT;
CREATE INDEX duplicates_from ON duplicates (from_device, created_at);
CREATE INDEX duplicates_created_at ON duplicates (created_at);

-- Signed statements of devices that were used: each is good once.
CREATE TABLE statements (
    device_id TEXT    NOT NULL REFERENCES devices (id),
    jti       TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    PRIMARY KEY (device_id, jti)
) STRICT, WITHOUT ROWID;
