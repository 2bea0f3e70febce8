-- +goose Up

-- Ids of grants and batches are base64url, as they are sent.

-- The client of the same id is made when the computer is enrolled, so there is no reference.
CREATE TABLE computers (
    seq           INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    name          TEXT    NOT NULL,
    match_mode    TEXT    NOT NULL,
    offline       TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    token_hash    BLOB    UNIQUE,
    token_expires INTEGER NOT NULL,
    public_key    BLOB    NOT NULL,
    os            TEXT    NOT NULL,
    app           TEXT    NOT NULL,
    created_by    TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    enrolled_at   INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,
    journal_seq   INTEGER NOT NULL,
    journal_sum   BLOB
) STRICT;

-- version counts the changes: what is signed and sent as seq.
CREATE TABLE grants (
    seq          INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    computer_id  TEXT    NOT NULL REFERENCES computers (id),
    device_id    TEXT    NOT NULL REFERENCES devices (id),
    user_id      TEXT    NOT NULL REFERENCES users (id),
    version      INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    max_uses     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    signed_in_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX grants_of_device ON grants (device_id, expires_at);
CREATE INDEX grants_of_computer ON grants (computer_id, expires_at);
CREATE UNIQUE INDEX grants_active ON grants (computer_id, device_id, user_id) WHERE state = 'active';

-- given, shown and used are the index after the last one.
CREATE TABLE batches (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    grant_id   TEXT    NOT NULL REFERENCES grants (id),
    holder     TEXT    NOT NULL,
    jws        TEXT    NOT NULL,
    batch_key  BLOB    NOT NULL,
    count      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    given      INTEGER NOT NULL,
    shown      INTEGER NOT NULL,
    used       INTEGER NOT NULL
) STRICT;
CREATE INDEX batches_of_grant ON batches (grant_id);

-- grant_id, device_id and user_id are no references: a computer may name a grant that is not there.
CREATE TABLE offline_uses (
    seq             INTEGER PRIMARY KEY,
    computer_id     TEXT    NOT NULL REFERENCES computers (id),
    use_hash        BLOB    NOT NULL,
    grant_id        TEXT    NOT NULL,
    device_id       TEXT    NOT NULL,
    user_id         TEXT    NOT NULL,
    method          TEXT    NOT NULL,
    kind            TEXT    NOT NULL,
    login           TEXT    NOT NULL,
    journal_seq     INTEGER NOT NULL,
    journal_sum     BLOB,
    computer_at     INTEGER NOT NULL,
    received_at     INTEGER NOT NULL,
    phone_at        INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    released_by     TEXT    NOT NULL,
    release_reason  TEXT    NOT NULL,
    released_at     INTEGER NOT NULL,
    release_expires INTEGER NOT NULL,
    used_at         INTEGER NOT NULL,
    alerted_at      INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    UNIQUE (computer_id, use_hash)
) STRICT;
CREATE INDEX offline_uses_of_computer ON offline_uses (computer_id, created_at);
CREATE INDEX offline_uses_by_line ON offline_uses (computer_id, journal_sum) WHERE journal_sum IS NOT NULL;
CREATE INDEX offline_uses_created_at ON offline_uses (created_at);
CREATE INDEX offline_uses_waiting ON offline_uses (device_id, received_at)
    WHERE kind = 'sign_in' AND method IN ('qr', 'list') AND recorded_at = -9223372036854775808 AND alerted_at = -9223372036854775808;
