-- +goose Up

-- Conventions, for every migration:
-- * seq is the order of creation and breaks ties between equal times; ids are random and say nothing of order.
-- * Times are Unix nanoseconds; -9223372036854775808 is "never" (the zero time), so that "before" needs no case for NULL.
-- * Hashes are 32 bytes, NULL when there is none, so that UNIQUE leaves those alone and no look-up finds them.
-- * Public keys are uncompressed P-256 points of 65 bytes; an empty blob is no key.
-- * What may stand in each column, and how it is protected, is the table in protection_test.go.
-- * References are checked at once, never deferred: a deferred one would fail the commit of everybody in the batch.

CREATE TABLE users (
    seq                 INTEGER PRIMARY KEY,
    id                  TEXT    NOT NULL UNIQUE,
    login               TEXT    NOT NULL,
    login_key           TEXT    NOT NULL UNIQUE,
    name                TEXT    NOT NULL,
    mail                TEXT    NOT NULL,
    status              TEXT    NOT NULL,
    password_changed_at INTEGER NOT NULL,
    created_at          INTEGER NOT NULL
) STRICT;

CREATE TABLE admins (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL,
    public_key BLOB    NOT NULL,
    disabled   INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE clients (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    public_key BLOB    NOT NULL,
    match_mode TEXT    NOT NULL,
    known      INTEGER NOT NULL,
    disabled   INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- registration_id is no reference: the session is forgotten one day, the device stays.
CREATE TABLE devices (
    seq             INTEGER PRIMARY KEY,
    id              TEXT    NOT NULL UNIQUE,
    user_id         TEXT    NOT NULL REFERENCES users (id),
    name            TEXT    NOT NULL,
    model           TEXT    NOT NULL,
    os              TEXT    NOT NULL,
    app             TEXT    NOT NULL,
    device_key      BLOB    NOT NULL,
    approval_key    BLOB    NOT NULL,
    exchange_key    BLOB    NOT NULL,
    class           TEXT    NOT NULL,
    state           TEXT    NOT NULL,
    registration_id TEXT    NOT NULL,
    created_by      TEXT    NOT NULL,
    created_ip      TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    confirmed_at    INTEGER NOT NULL,
    last_seen_at    INTEGER NOT NULL,
    revoked_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX devices_of_user ON devices (user_id);

-- check_words is a JSON list of two.
CREATE TABLE registration_sessions (
    seq               INTEGER PRIMARY KEY,
    id                TEXT    NOT NULL UNIQUE,
    secret_hash       BLOB    UNIQUE,
    page_hash         BLOB    UNIQUE,
    user_id           TEXT    NOT NULL REFERENCES users (id),
    mode              TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    created_by        TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    expires_at        INTEGER NOT NULL,
    ended_at          INTEGER NOT NULL,
    claimed_at        INTEGER NOT NULL,
    claim_ip          TEXT    NOT NULL,
    claim_key         BLOB    NOT NULL,
    challenge         TEXT    NOT NULL,
    device_id         TEXT    NOT NULL,
    check_words       TEXT    NOT NULL,
    registration_hash TEXT    NOT NULL,
    bound             TEXT    NOT NULL,
    answered          INTEGER NOT NULL
) STRICT;
CREATE INDEX registration_sessions_of_user ON registration_sessions (user_id);

-- deliveries is JSON: [{"device": "d_…", "jws": "…"}].
CREATE TABLE approval_requests (
    seq           INTEGER PRIMARY KEY,
    id            TEXT    NOT NULL UNIQUE,
    auth_req_hash BLOB    UNIQUE,
    handle_hash   BLOB,
    number_mac    BLOB,
    user_id       TEXT    NOT NULL REFERENCES users (id),
    client_id     TEXT    NOT NULL REFERENCES clients (id),
    match_mode    TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    message       TEXT    NOT NULL,
    ip            TEXT    NOT NULL,
    place         TEXT    NOT NULL,
    agent         TEXT    NOT NULL,
    acr           TEXT    NOT NULL,
    nonce         TEXT    NOT NULL,
    deliveries    TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    opened_at     INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    decided_at    INTEGER NOT NULL,
    decided_by    TEXT    NOT NULL,
    decision      TEXT    NOT NULL,
    matched_by    TEXT    NOT NULL,
    uv            TEXT    NOT NULL,
    proof         TEXT    NOT NULL,
    redeemed_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX approval_requests_open ON approval_requests (user_id) WHERE state = 'open';
CREATE INDEX approval_requests_opened_at ON approval_requests (opened_at);

-- opened and refusals are JSON lists of times.
CREATE TABLE guards (
    user_id       TEXT    NOT NULL PRIMARY KEY REFERENCES users (id),
    opened        TEXT    NOT NULL,
    refusals      TEXT    NOT NULL,
    wrong_numbers INTEGER NOT NULL,
    muted_until   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- user_id is no reference: a notice may be for the administrators alone. facts is a JSON object of texts.
CREATE TABLE notices (
    seq        INTEGER PRIMARY KEY,
    id         TEXT    NOT NULL UNIQUE,
    user_id    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    cause      TEXT    NOT NULL,
    facts      TEXT    NOT NULL,
    mail_state TEXT    NOT NULL,
    mail_to    TEXT    NOT NULL,
    tries      INTEGER NOT NULL,
    next_try   INTEGER NOT NULL
) STRICT;
CREATE INDEX notices_of_user ON notices (user_id, at);
CREATE INDEX notices_mail_due ON notices (next_try) WHERE mail_state = 'queued';

-- Nothing refers to what a record names: records outlive everything.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    ip      TEXT    NOT NULL,
    reason  TEXT    NOT NULL,
    facts   TEXT    NOT NULL
) STRICT;

-- One row, written by every health check.
CREATE TABLE health (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    checks INTEGER NOT NULL
) STRICT;
INSERT INTO health (id, checks) VALUES (1, 0);
