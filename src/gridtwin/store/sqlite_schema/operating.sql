-- Version 13: tags, operations that wait for a second person, and switching orders.
CREATE TABLE operational_tag (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    mrid TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('hold', 'caution')),
    reason TEXT NOT NULL CHECK (reason <> ''),
    placed_by TEXT NOT NULL CHECK (placed_by <> ''),
    placed_s REAL NOT NULL,
    removed_by TEXT NOT NULL DEFAULT '',
    removed_s REAL,
    removed_because TEXT NOT NULL DEFAULT ''
);
CREATE INDEX operational_tag_hanging ON operational_tag (mrid) WHERE removed_s IS NULL;
CREATE TABLE operation_request (
    id TEXT PRIMARY KEY,
    mrid TEXT NOT NULL,
    open INTEGER NOT NULL,
    phases TEXT NOT NULL,
    digest TEXT NOT NULL,
    requested_by TEXT NOT NULL CHECK (requested_by <> ''),
    requested_s REAL NOT NULL,
    expires_s REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'done', 'withdrawn')),
    decided_by TEXT NOT NULL DEFAULT '',
    decided_s REAL,
    version INTEGER,
    CHECK (status <> 'done' OR decided_by <> requested_by)
) WITHOUT ROWID;
CREATE TABLE switching_order (
    id TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    of TEXT NOT NULL,
    started_by TEXT NOT NULL,
    started_s REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'ended')),
    ended_by TEXT NOT NULL DEFAULT '',
    ended_s REAL
) WITHOUT ROWID;
CREATE UNIQUE INDEX switching_order_active ON switching_order (plan) WHERE status = 'active';
CREATE TABLE order_step (
    switching_order TEXT NOT NULL REFERENCES switching_order (id) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    action TEXT NOT NULL CHECK (action IN ('open', 'close', 'verify', 'verify_and_tag')),
    mrid TEXT NOT NULL,
    phases TEXT NOT NULL,
    remote INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'done', 'skipped', 'failed', 'undone')),
    actor TEXT NOT NULL,
    at_s REAL,
    note TEXT NOT NULL,
    open_before TEXT NOT NULL,
    version INTEGER,
    PRIMARY KEY (switching_order, number)
) WITHOUT ROWID;
-- How often any of it was changed, so that who follows is told.
CREATE TABLE operating_change (count INTEGER NOT NULL);
INSERT INTO operating_change VALUES (0);
CREATE TRIGGER operational_tag_added AFTER INSERT ON operational_tag
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
CREATE TRIGGER operational_tag_changed AFTER UPDATE ON operational_tag
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
CREATE TRIGGER operation_request_added AFTER INSERT ON operation_request
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
CREATE TRIGGER operation_request_changed AFTER UPDATE ON operation_request
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
CREATE TRIGGER switching_order_added AFTER INSERT ON switching_order
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
CREATE TRIGGER switching_order_changed AFTER UPDATE ON switching_order
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
CREATE TRIGGER order_step_changed AFTER UPDATE ON order_step
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
