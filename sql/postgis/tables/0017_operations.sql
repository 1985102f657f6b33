-- 0017: states of switches, the log of their operations, trace specs, and who changed what.
--
-- Makes nothing where the files 1 to 14 have made it: see 0015.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE IF NOT EXISTS gridtwin.states (
    name text PRIMARY KEY CHECK (name NOT IN ('', 'normal')),
    version bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL DEFAULT session_user
);

COMMENT ON TABLE gridtwin.states IS
    'States of the switches by name; the state normal is the design and has no row';
COMMENT ON COLUMN gridtwin.states.name IS 'Name; current is the state as operated';
COMMENT ON COLUMN gridtwin.states.version IS
    'Operations made before it; rises by one with each operation on current';
COMMENT ON COLUMN gridtwin.states.created_at IS 'When it was made';
COMMENT ON COLUMN gridtwin.states.created_by IS 'Login that made it';

INSERT INTO gridtwin.states (name) VALUES ('current') ON CONFLICT DO NOTHING;

CREATE TABLE IF NOT EXISTS gridtwin.state_switches (
    state text REFERENCES gridtwin.states (name) ON DELETE CASCADE,
    mrid text,
    open_phases smallint NOT NULL CHECK (open_phases BETWEEN 0 AND 63),
    PRIMARY KEY (state, mrid)
);

COMMENT ON TABLE gridtwin.state_switches IS 'What differs from the design in each state';
COMMENT ON COLUMN gridtwin.state_switches.state IS 'Name of the state';
COMMENT ON COLUMN gridtwin.state_switches.mrid IS 'Id of the equipment';
COMMENT ON COLUMN gridtwin.state_switches.open_phases IS
    'Phases that stand open, as bits; 0 = closed';

CREATE TABLE IF NOT EXISTS gridtwin.events (
    version bigint PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL DEFAULT '',
    mrid text NOT NULL,
    open_before smallint NOT NULL CHECK (open_before BETWEEN 0 AND 63),
    open_after smallint NOT NULL CHECK (open_after BETWEEN 0 AND 63),
    request text UNIQUE
);

CREATE INDEX IF NOT EXISTS events_at ON gridtwin.events (at, version);
CREATE INDEX IF NOT EXISTS events_mrid ON gridtwin.events (mrid, version);

COMMENT ON TABLE gridtwin.events IS 'Operations of switches, one per version of the current state';
COMMENT ON COLUMN gridtwin.events.version IS 'Version of the current state afterwards';
COMMENT ON COLUMN gridtwin.events.at IS 'When it was operated';
COMMENT ON COLUMN gridtwin.events.actor IS 'Who operated';
COMMENT ON COLUMN gridtwin.events.mrid IS 'Id of the equipment';
COMMENT ON COLUMN gridtwin.events.open_before IS 'Phases that stood open before, as bits';
COMMENT ON COLUMN gridtwin.events.open_after IS 'Phases that stand open afterwards, as bits';
COMMENT ON COLUMN gridtwin.events.request IS
    'Given by a client that may ask twice, as after a lost connection: one request is done once';

CREATE TABLE IF NOT EXISTS gridtwin.specs (
    name text PRIMARY KEY,
    text jsonb NOT NULL
);

COMMENT ON TABLE gridtwin.specs IS 'Trace specs by name';
COMMENT ON COLUMN gridtwin.specs.name IS 'Name';
COMMENT ON COLUMN gridtwin.specs.text IS 'The spec';

CREATE TABLE IF NOT EXISTS gridtwin.audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who text NOT NULL DEFAULT session_user,
    table_name text NOT NULL,
    row_key text NOT NULL,
    change text NOT NULL CHECK (change IN ('insert', 'update', 'delete', 'truncate')),
    before jsonb,
    after jsonb
);

CREATE INDEX IF NOT EXISTS audit_row ON gridtwin.audit (table_name, row_key, at);

COMMENT ON TABLE gridtwin.audit IS
    'Who changed which row of states, switches, outages, estimates and specs; written by '
    'triggers alone';
COMMENT ON COLUMN gridtwin.audit.id IS 'Number in order of writing';
COMMENT ON COLUMN gridtwin.audit.at IS 'When';
COMMENT ON COLUMN gridtwin.audit.who IS 'Login that made the change';
COMMENT ON COLUMN gridtwin.audit.table_name IS 'Table of schema gridtwin';
COMMENT ON COLUMN gridtwin.audit.row_key IS 'Primary key of the row, its parts joined by a slash';
COMMENT ON COLUMN gridtwin.audit.change IS 'insert, update, delete or truncate';
COMMENT ON COLUMN gridtwin.audit.before IS 'The row before; null for an insert';
COMMENT ON COLUMN gridtwin.audit.after IS 'The row afterwards; null for a delete';

INSERT INTO gridtwin.migrations (number, name) VALUES (17, 'operations');

COMMIT;
