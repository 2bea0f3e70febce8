-- +goose Up

-- Debug logs that users have sent to the service desk. They are text from outside, and are forgotten after 14 days.
CREATE TABLE debug_logs (
    seq       INTEGER PRIMARY KEY,
    id        TEXT    NOT NULL UNIQUE,
    device_id TEXT    NOT NULL REFERENCES devices (id),
    user_id   TEXT    NOT NULL REFERENCES users (id),
    at        INTEGER NOT NULL,
    note      TEXT    NOT NULL,
    log       TEXT    NOT NULL
) STRICT;

CREATE INDEX debug_logs_user ON debug_logs (user_id, at);
CREATE INDEX debug_logs_device ON debug_logs (device_id, at);

-- Sums of usage reports. Nothing of a single report is kept, nor when in its week it came.
CREATE TABLE telemetry (
    week    TEXT    NOT NULL,
    app     TEXT    NOT NULL,
    family  TEXT    NOT NULL,
    counter TEXT    NOT NULL,
    bucket  TEXT    NOT NULL,
    reports INTEGER NOT NULL,
    PRIMARY KEY (week, app, family, counter, bucket)
) STRICT, WITHOUT ROWID;
