-- +goose Up

-- Ten codes on paper a user, once each. A hash is argon2id of 65 random bits, with a key from outside the database.
CREATE TABLE backup_sets (
    user_id  TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
    made_at  INTEGER NOT NULL,
    noted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_codes (
    user_id TEXT    NOT NULL REFERENCES backup_sets (user_id),
    place   INTEGER NOT NULL,
    salt    BLOB    NOT NULL,
    hash    BLOB,
    used_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, place)
) STRICT, WITHOUT ROWID;

-- Whoever is signed in when this is new did so with a phone.
ALTER TABLE web_sessions ADD COLUMN signed_by TEXT NOT NULL DEFAULT 'phone';

ALTER TABLE registration_sessions ADD COLUMN probation INTEGER NOT NULL DEFAULT 0;
