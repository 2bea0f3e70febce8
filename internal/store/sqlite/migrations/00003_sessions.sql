-- +goose Up

-- groups is a JSON list of names.
ALTER TABLE users ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN groups TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN source TEXT NOT NULL DEFAULT 'local';
ALTER TABLE users ADD COLUMN directory_id TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN password_expires_at INTEGER NOT NULL DEFAULT -9223372036854775808;
-- search_key is login, name and mail in the form of login_key, for looking people up. The program writes it whole at the user's next change.
ALTER TABLE users ADD COLUMN search_key TEXT NOT NULL DEFAULT '';
UPDATE users SET search_key = lower(login_key || ' ' || name || ' ' || mail);
CREATE UNIQUE INDEX users_of_directory ON users (directory_id) WHERE directory_id <> '';

ALTER TABLE admins ADD COLUMN user_id TEXT NOT NULL DEFAULT '';
ALTER TABLE admins ADD COLUMN start_hash BLOB;
ALTER TABLE admins ADD COLUMN start_expires INTEGER NOT NULL DEFAULT -9223372036854775808;
CREATE UNIQUE INDEX admins_start ON admins (start_hash);
CREATE UNIQUE INDEX admins_of_user ON admins (user_id) WHERE user_id <> '';

ALTER TABLE registration_sessions ADD COLUMN delivery TEXT NOT NULL DEFAULT 'shown';
ALTER TABLE registration_sessions ADD COLUMN proof TEXT NOT NULL DEFAULT 'none';
ALTER TABLE registration_sessions ADD COLUMN proof_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE registration_sessions ADD COLUMN notification TEXT NOT NULL DEFAULT '';
ALTER TABLE registration_sessions ADD COLUMN notified_at INTEGER NOT NULL DEFAULT -9223372036854775808;
CREATE INDEX registration_sessions_created_at ON registration_sessions (created_at);

-- The outbox. Nothing refers to what a row names: it is forgotten in its own time.
CREATE TABLE messages (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    kind       TEXT    NOT NULL,
    channel    TEXT    NOT NULL,
    user_id    TEXT    NOT NULL,
    session_id TEXT    NOT NULL,
    check_id   TEXT    NOT NULL,
    receiver   TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    tries      INTEGER NOT NULL,
    next_try   INTEGER NOT NULL,
    sent_at    INTEGER NOT NULL,
    problem    TEXT    NOT NULL
) STRICT;
CREATE INDEX messages_due ON messages (channel, next_try) WHERE state = 'queued';
CREATE INDEX messages_in_state ON messages (state);
CREATE INDEX messages_of_session ON messages (session_id) WHERE session_id <> '';
CREATE INDEX messages_created_at ON messages (created_at);

CREATE TABLE templates (
    channel    TEXT    NOT NULL,
    language   TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL,
    PRIMARY KEY (channel, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name       TEXT    NOT NULL PRIMARY KEY,
    value      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE web_sessions (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    token_hash BLOB    UNIQUE,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    ip         TEXT    NOT NULL,
    agent      TEXT    NOT NULL
) STRICT;
CREATE INDEX web_sessions_of_user ON web_sessions (user_id);
CREATE INDEX web_sessions_created_at ON web_sessions (created_at);

CREATE TABLE caller_checks (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    user_id    TEXT    NOT NULL REFERENCES users (id),
    made_by    TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    channel    TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    asked      TEXT    NOT NULL,
    tries      INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT;
CREATE INDEX caller_checks_of_user ON caller_checks (user_id, created_at);

CREATE INDEX audit_at ON audit (at);
