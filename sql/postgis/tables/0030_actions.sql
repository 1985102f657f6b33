-- 0030: who did what from where, by the word of a server; rows are added, and stay.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.actions (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    person text NOT NULL,
    role text NOT NULL,
    way text NOT NULL,
    address text NOT NULL,
    request text NOT NULL,
    permission text NOT NULL,
    what text NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('asked', 'done', 'refused', 'failed')),
    element text NOT NULL,
    outage text NOT NULL,
    before text NOT NULL,
    after text NOT NULL
);
CREATE INDEX actions_at ON gridtwin.actions (at);
CREATE INDEX actions_element ON gridtwin.actions (element, number) WHERE element <> '';
CREATE INDEX actions_outage ON gridtwin.actions (outage, number) WHERE outage <> '';
CREATE INDEX actions_request ON gridtwin.actions (request);

COMMENT ON TABLE gridtwin.actions IS
    'Who did what from where through a server: writes, refused writes, and looks at what is '
    'about people';
COMMENT ON COLUMN gridtwin.actions.number IS 'Number in order of writing';
COMMENT ON COLUMN gridtwin.actions.at IS 'When';
COMMENT ON COLUMN gridtwin.actions.person IS 'Person or program; empty = nobody knows';
COMMENT ON COLUMN gridtwin.actions.role IS 'Role they acted in; empty = none';
COMMENT ON COLUMN gridtwin.actions.way IS 'How they were known, such as session or token';
COMMENT ON COLUMN gridtwin.actions.address IS 'Address they asked from';
COMMENT ON COLUMN gridtwin.actions.request IS 'Id of the request, as in the log of the server';
COMMENT ON COLUMN gridtwin.actions.permission IS 'Permission it needed';
COMMENT ON COLUMN gridtwin.actions.what IS 'Method and path, or tool';
COMMENT ON COLUMN gridtwin.actions.outcome IS
    'asked before it was done, then done, refused or failed';
COMMENT ON COLUMN gridtwin.actions.element IS 'mRID, or what else it names; empty = none';
COMMENT ON COLUMN gridtwin.actions.outage IS 'Outage it was about; empty = none';
COMMENT ON COLUMN gridtwin.actions.before IS 'What was there before, as JSON; empty = not told';
COMMENT ON COLUMN gridtwin.actions.after IS 'What was there afterwards, as JSON; empty = not told';

INSERT INTO gridtwin.migrations (number, name) VALUES (30, 'actions');

COMMIT;
