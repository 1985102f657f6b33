-- 0036: tags, operations that wait for a second person, and switching orders.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.tags (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mrid text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('hold', 'caution')),
    reason text NOT NULL CHECK (reason <> ''),
    placed_by text NOT NULL DEFAULT session_user CHECK (placed_by <> ''),
    placed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    removed_by text NOT NULL DEFAULT '',
    removed_at timestamptz,
    removed_because text NOT NULL DEFAULT '',
    CHECK (removed_at IS NULL OR removed_by <> '')
);

CREATE INDEX tags_hanging ON gridtwin.tags (mrid) WHERE removed_at IS NULL;

COMMENT ON TABLE gridtwin.tags IS
    'Tags on equipment: while one hangs, gridtwin.operate refuses to operate it';
COMMENT ON COLUMN gridtwin.tags.number IS 'Number in order of placing';
COMMENT ON COLUMN gridtwin.tags.mrid IS 'Id of the equipment';
COMMENT ON COLUMN gridtwin.tags.kind IS 'hold (people are at work) or caution';
COMMENT ON COLUMN gridtwin.tags.reason IS 'Why it hangs';
COMMENT ON COLUMN gridtwin.tags.placed_by IS 'Who placed it';
COMMENT ON COLUMN gridtwin.tags.placed_at IS 'When it was placed';
COMMENT ON COLUMN gridtwin.tags.removed_by IS 'Who removed it; empty = it hangs';
COMMENT ON COLUMN gridtwin.tags.removed_at IS 'When it was removed; null = it hangs';
COMMENT ON COLUMN gridtwin.tags.removed_because IS
    'Why; given where another person than the one who placed a hold removed it';

CREATE TABLE gridtwin.operation_requests (
    id text PRIMARY KEY,
    mrid text NOT NULL,
    open bool NOT NULL,
    phases text NOT NULL,
    digest text NOT NULL,
    requested_by text NOT NULL CHECK (requested_by <> ''),
    requested_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'done', 'withdrawn')),
    decided_by text NOT NULL DEFAULT '',
    decided_at timestamptz,
    version bigint,
    CHECK (status <> 'done' OR decided_by <> requested_by)
);

CREATE INDEX operation_requests_at ON gridtwin.operation_requests (requested_at);

COMMENT ON TABLE gridtwin.operation_requests IS
    'Operations that one person requested and another one has to confirm';
COMMENT ON COLUMN gridtwin.operation_requests.id IS 'Id';
COMMENT ON COLUMN gridtwin.operation_requests.mrid IS 'Id of the switch';
COMMENT ON COLUMN gridtwin.operation_requests.open IS 'Whether to open or to close it';
COMMENT ON COLUMN gridtwin.operation_requests.phases IS 'Phases that move';
COMMENT ON COLUMN gridtwin.operation_requests.digest IS
    'Of what the first person saw that it would do';
COMMENT ON COLUMN gridtwin.operation_requests.requested_by IS 'Who requested it';
COMMENT ON COLUMN gridtwin.operation_requests.requested_at IS 'When it was requested';
COMMENT ON COLUMN gridtwin.operation_requests.expires_at IS
    'When it can be confirmed no more';
COMMENT ON COLUMN gridtwin.operation_requests.status IS 'waiting, done or withdrawn';
COMMENT ON COLUMN gridtwin.operation_requests.decided_by IS 'Who confirmed or withdrew it';
COMMENT ON COLUMN gridtwin.operation_requests.decided_at IS 'When that was';
COMMENT ON COLUMN gridtwin.operation_requests.version IS
    'Version of the current state that it left; null = not done';

CREATE TABLE gridtwin.switching_orders (
    id text PRIMARY KEY,
    plan text NOT NULL,
    of text[] NOT NULL,
    started_by text NOT NULL,
    started_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'ended')),
    ended_by text NOT NULL DEFAULT '',
    ended_at timestamptz
);

CREATE UNIQUE INDEX switching_orders_active ON gridtwin.switching_orders (plan)
    WHERE status = 'active';

COMMENT ON TABLE gridtwin.switching_orders IS
    'Switching plans that are carried out step by step; of each plan one is active';
COMMENT ON COLUMN gridtwin.switching_orders.id IS 'Id';
COMMENT ON COLUMN gridtwin.switching_orders.plan IS 'What tells the plan from others';
COMMENT ON COLUMN gridtwin.switching_orders.of IS 'Ids of what failed, or is to be worked on';
COMMENT ON COLUMN gridtwin.switching_orders.started_by IS 'Who started it';
COMMENT ON COLUMN gridtwin.switching_orders.started_at IS 'When it was started';
COMMENT ON COLUMN gridtwin.switching_orders.status IS 'active or ended';
COMMENT ON COLUMN gridtwin.switching_orders.ended_by IS 'Who ended it';
COMMENT ON COLUMN gridtwin.switching_orders.ended_at IS 'When it was ended';

CREATE TABLE gridtwin.order_steps (
    switching_order text REFERENCES gridtwin.switching_orders (id) ON DELETE CASCADE,
    number int CHECK (number > 0),
    action text NOT NULL CHECK (action IN ('open', 'close', 'verify', 'verify_and_tag')),
    mrid text NOT NULL,
    phases text NOT NULL,
    remote bool NOT NULL,
    status text NOT NULL
        CHECK (status IN ('pending', 'done', 'skipped', 'failed', 'undone')),
    actor text NOT NULL DEFAULT '',
    at timestamptz,
    note text NOT NULL DEFAULT '',
    open_before text NOT NULL DEFAULT '',
    version bigint,
    PRIMARY KEY (switching_order, number)
);

COMMENT ON TABLE gridtwin.order_steps IS 'The steps of switching orders, and how each stands';
COMMENT ON COLUMN gridtwin.order_steps.switching_order IS 'Id of the order';
COMMENT ON COLUMN gridtwin.order_steps.number IS 'Number of the step, from 1';
COMMENT ON COLUMN gridtwin.order_steps.action IS 'open, close, verify, or verify_and_tag';
COMMENT ON COLUMN gridtwin.order_steps.mrid IS 'Id of what it operates';
COMMENT ON COLUMN gridtwin.order_steps.phases IS 'Phases that move; empty = all';
COMMENT ON COLUMN gridtwin.order_steps.remote IS 'Whether the control room operates it';
COMMENT ON COLUMN gridtwin.order_steps.status IS 'pending, done, skipped, failed or undone';
COMMENT ON COLUMN gridtwin.order_steps.actor IS 'Who did, skipped or undid it last';
COMMENT ON COLUMN gridtwin.order_steps.at IS 'When that was';
COMMENT ON COLUMN gridtwin.order_steps.note IS 'Why it was skipped, or failed';
COMMENT ON COLUMN gridtwin.order_steps.open_before IS 'Phases that stood open before it was done';
COMMENT ON COLUMN gridtwin.order_steps.version IS
    'Version of the current state that it left; null = it operated nothing';

INSERT INTO gridtwin.migrations (number, name) VALUES (36, 'operating');

COMMIT;
