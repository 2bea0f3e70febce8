-- +goose Up

-- What users have left for the day on which they have lost their phones. The file is age ciphertext to keys that are nowhere here; tag and vouch are
-- MACs by the restore code. The file stands last, so that the other columns are read without it.
CREATE TABLE escrows (
    user_id      TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
    proof_key    BLOB    NOT NULL,
    exchange_key BLOB    NOT NULL,
    vouch        BLOB,
    generation   INTEGER NOT NULL,
    tag          BLOB,
    made_by      TEXT    NOT NULL,
    code_at      INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    proven_at    INTEGER NOT NULL,
    proven_by    TEXT    NOT NULL,
    holders      TEXT    NOT NULL,
    file         BLOB
) STRICT;

CREATE TABLE restore_guards (
    user_id       TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
    failed_proofs TEXT    NOT NULL,
    blocked_at    INTEGER NOT NULL,
    blocked_by    TEXT    NOT NULL,
    allowed_until INTEGER NOT NULL,
    colleagues    TEXT    NOT NULL,
    needed        INTEGER NOT NULL,
    otp_mails     TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- The one-time code of a restore follows from its id and the server's secret; nothing of it is here.
CREATE TABLE restores (
    seq            INTEGER PRIMARY KEY,
    id             TEXT    NOT NULL UNIQUE,
    user_id        TEXT    NOT NULL REFERENCES users (id),
    kind           TEXT    NOT NULL,
    state          TEXT    NOT NULL,
    challenge_hash BLOB,
    device_key     BLOB    NOT NULL,
    approval_key   BLOB    NOT NULL,
    exchange_key   BLOB    NOT NULL,
    name           TEXT    NOT NULL,
    model          TEXT    NOT NULL,
    os             TEXT    NOT NULL,
    app            TEXT    NOT NULL,
    class          TEXT    NOT NULL,
    uv             TEXT    NOT NULL,
    uv_policy      TEXT    NOT NULL,
    statement_hash BLOB,
    ip             TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    delivery       TEXT    NOT NULL,
    otp_sends      INTEGER NOT NULL,
    otp_expires    INTEGER NOT NULL,
    otp_tries      INTEGER NOT NULL,
    held_until     INTEGER NOT NULL,
    ended_at       INTEGER NOT NULL,
    ended_by       TEXT    NOT NULL,
    device_id      TEXT    NOT NULL,
    bound          TEXT    NOT NULL,
    needed         INTEGER NOT NULL,
    answers        TEXT    NOT NULL
) STRICT;
CREATE INDEX restores_of_user ON restores (user_id, created_at);
CREATE INDEX restores_created_at ON restores (created_at);
CREATE INDEX restores_open ON restores (user_id) WHERE state IN ('proved', 'asking', 'held');

ALTER TABLE messages ADD COLUMN restore_id TEXT NOT NULL DEFAULT '';
