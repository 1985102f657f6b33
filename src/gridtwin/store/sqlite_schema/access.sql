-- Version 10: tokens of programs, sessions of browsers, and who did what. Times are unix seconds.
CREATE TABLE access_token (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL CHECK (name <> ''),
    digest TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL,
    scope TEXT,
    substations TEXT NOT NULL,
    made_s REAL NOT NULL,
    made_by TEXT NOT NULL,
    expires_s REAL NOT NULL,
    revoked_s REAL
) WITHOUT ROWID;

CREATE TABLE access_session (
    digest TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('attempt', 'person')),
    content TEXT NOT NULL,
    made_s REAL NOT NULL,
    seen_s REAL NOT NULL,
    ends_s REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX access_session_ends ON access_session (ends_s);

CREATE TABLE action (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at_s REAL NOT NULL,
    person TEXT NOT NULL,
    role TEXT NOT NULL,
    way TEXT NOT NULL,
    address TEXT NOT NULL,
    request TEXT NOT NULL,
    permission TEXT NOT NULL,
    what TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('asked', 'done', 'refused', 'failed')),
    element TEXT NOT NULL,
    outage TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
);
CREATE INDEX action_at ON action (at_s);
CREATE INDEX action_element ON action (element, number) WHERE element <> '';
CREATE INDEX action_outage ON action (outage, number) WHERE outage <> '';
CREATE INDEX action_request ON action (request);
CREATE TRIGGER action_stays BEFORE UPDATE ON action
BEGIN
    SELECT raise(ABORT, 'who did what is added, never changed or deleted');
END;
CREATE TRIGGER action_remains BEFORE DELETE ON action
BEGIN
    SELECT raise(ABORT, 'who did what is added, never changed or deleted');
END;
