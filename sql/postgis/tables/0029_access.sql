-- 0029: tokens of programs and sessions of browsers, for whoever serves the twin.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.access_tokens (
    id text PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    digest text NOT NULL UNIQUE,
    role text NOT NULL,
    scope text,
    substations text NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);

COMMENT ON TABLE gridtwin.access_tokens IS 'Tokens by which programs are known to a server';
COMMENT ON COLUMN gridtwin.access_tokens.id IS 'By which it is listed and revoked';
COMMENT ON COLUMN gridtwin.access_tokens.name IS 'What program has it';
COMMENT ON COLUMN gridtwin.access_tokens.digest IS
    'SHA-256 of the token in hexadecimal digits; the token itself is kept nowhere';
COMMENT ON COLUMN gridtwin.access_tokens.role IS 'Role of who has it';
COMMENT ON COLUMN gridtwin.access_tokens.scope IS
    'Permissions it is for, apart by spaces; null = all of the role';
COMMENT ON COLUMN gridtwin.access_tokens.substations IS
    'mRIDs of the substations it operates, as JSON; null in it = all';
COMMENT ON COLUMN gridtwin.access_tokens.made_at IS 'When it was made';
COMMENT ON COLUMN gridtwin.access_tokens.made_by IS 'Who made it';
COMMENT ON COLUMN gridtwin.access_tokens.expires_at IS 'From when on it lets nobody in';
COMMENT ON COLUMN gridtwin.access_tokens.revoked_at IS 'When it was revoked; null = it was not';

CREATE TABLE gridtwin.access_sessions (
    digest text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('attempt', 'person')),
    content text NOT NULL,
    made_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX access_sessions_ends ON gridtwin.access_sessions (ends_at);

COMMENT ON TABLE gridtwin.access_sessions IS 'Browsers that sign in, or have';
COMMENT ON COLUMN gridtwin.access_sessions.digest IS
    'SHA-256 of the secret in the cookie, in hexadecimal digits';
COMMENT ON COLUMN gridtwin.access_sessions.kind IS 'attempt to sign in, or person who has';
COMMENT ON COLUMN gridtwin.access_sessions.content IS 'What is remembered of it, as JSON';
COMMENT ON COLUMN gridtwin.access_sessions.made_at IS 'When it began';
COMMENT ON COLUMN gridtwin.access_sessions.seen_at IS 'When it was last used';
COMMENT ON COLUMN gridtwin.access_sessions.ends_at IS 'When it ends, whatever is done with it';

INSERT INTO gridtwin.migrations (number, name) VALUES (29, 'access');

COMMIT;
