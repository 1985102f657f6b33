-- Version 2: outages and the estimates of their end, under the rules of PostgreSQL's 65_outages.sql.
-- Times are unix seconds; null = not yet, or not known.

CREATE TABLE outage (
    id TEXT PRIMARY KEY,
    began_s REAL NOT NULL,
    status TEXT NOT NULL CHECK (status IN (
        'predicted', 'confirmed', 'partially_restored', 'restored', 'closed', 'invalid')),
    device TEXT NOT NULL,
    phases TEXT NOT NULL,
    planned INTEGER NOT NULL,
    cause TEXT NOT NULL,
    crew_status TEXT NOT NULL,
    parent TEXT REFERENCES outage (id),
    first_seen_s REAL NOT NULL,
    confirmed_s REAL,
    restored_s REAL,
    closed_s REAL,
    etr_manual_s REAL,
    etr_crew_s REAL,
    updated_s REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0),
    state_version INTEGER NOT NULL,
    customers INTEGER NOT NULL DEFAULT 0,
    customers_out INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 1,
    CHECK (restored_s >= began_s),
    CHECK (status NOT IN ('restored', 'closed') OR restored_s IS NOT NULL),
    CHECK (customers_out BETWEEN 0 AND customers),
    CHECK (parent <> id)
) WITHOUT ROWID;
CREATE INDEX outage_open ON outage (began_s)
    WHERE status IN ('predicted', 'confirmed', 'partially_restored');

CREATE TABLE outage_member (
    outage TEXT NOT NULL REFERENCES outage (id) ON DELETE CASCADE,
    usage_point TEXT NOT NULL,
    customers INTEGER NOT NULL CHECK (customers >= 0),
    began_s REAL NOT NULL,
    restored_s REAL,
    PRIMARY KEY (outage, usage_point),
    CHECK (restored_s >= began_s)
) WITHOUT ROWID;
-- Nobody is in two open outages.
CREATE UNIQUE INDEX outage_member_open ON outage_member (usage_point) WHERE restored_s IS NULL;

CREATE TABLE outage_evidence (
    id INTEGER PRIMARY KEY,
    outage TEXT NOT NULL,
    at_s REAL NOT NULL,
    kind TEXT NOT NULL CHECK (kind <> ''),
    mrid TEXT NOT NULL,
    detail TEXT NOT NULL,
    actor TEXT NOT NULL
);
CREATE INDEX outage_evidence_outage ON outage_evidence (outage, at_s);

CREATE TABLE erm_run (
    id TEXT PRIMARY KEY,
    started_s REAL NOT NULL,
    model TEXT NOT NULL,
    state_version INTEGER NOT NULL,
    outages INTEGER NOT NULL,
    usage_points INTEGER NOT NULL,
    published INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE erm_current (
    outage TEXT PRIMARY KEY REFERENCES outage (id) ON DELETE CASCADE,
    run TEXT NOT NULL,
    issued_s REAL NOT NULL,
    inputs_s REAL NOT NULL,
    p10_s REAL,
    p50_s REAL,
    p80_s REAL,
    p90_s REAL,
    p95_s REAL,
    etr_s REAL,
    source TEXT NOT NULL CHECK (source IN ('manual', 'crew', 'zone', 'model', 'table')),
    model TEXT NOT NULL,
    reason TEXT NOT NULL,
    CHECK (etr_s >= issued_s),
    CHECK (p10_s <= p50_s AND p50_s <= p80_s AND p80_s <= p90_s AND p90_s <= p95_s)
) WITHOUT ROWID;

CREATE TABLE erm_usage_point (
    usage_point TEXT PRIMARY KEY,
    outage TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('remote', 'manual', 'repair')),
    issued_s REAL NOT NULL,
    p50_s REAL,
    p80_s REAL,
    p95_s REAL,
    etr_s REAL,
    source TEXT NOT NULL,
    CHECK (etr_s >= issued_s)
) WITHOUT ROWID;

CREATE TABLE erm_history (
    id INTEGER PRIMARY KEY,
    run TEXT NOT NULL,
    outage TEXT NOT NULL,
    stage TEXT NOT NULL,
    usage_points INTEGER NOT NULL,
    issued_s REAL NOT NULL,
    inputs_s REAL NOT NULL,
    p10_s REAL,
    p50_s REAL,
    p80_s REAL,
    p90_s REAL,
    p95_s REAL,
    etr_s REAL,
    source TEXT NOT NULL,
    model TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX erm_history_outage ON erm_history (outage, issued_s);

CREATE TABLE erm_zone (
    zone TEXT PRIMARY KEY,
    issued_s REAL NOT NULL,
    expires_s REAL NOT NULL,
    p50_s REAL NOT NULL,
    p80_s REAL NOT NULL,
    p95_s REAL NOT NULL,
    model TEXT NOT NULL,
    actor TEXT NOT NULL,
    CHECK (issued_s <= p50_s AND p50_s <= p80_s AND p80_s <= p95_s)
) WITHOUT ROWID;

CREATE TRIGGER outage_next BEFORE UPDATE OF status ON outage
WHEN NEW.status <> OLD.status AND OLD.status || ' ' || NEW.status NOT IN (
    'predicted confirmed', 'predicted partially_restored', 'predicted restored',
    'predicted invalid', 'confirmed partially_restored', 'confirmed restored',
    'confirmed invalid', 'partially_restored restored', 'restored closed')
BEGIN
    SELECT RAISE(ABORT, 'the outage cannot become that');
END;
CREATE TRIGGER outage_over BEFORE UPDATE OF status ON outage
WHEN NEW.status <> OLD.status AND NEW.status IN ('restored', 'closed', 'invalid') AND EXISTS (
    SELECT 1 FROM outage_member WHERE outage = NEW.id AND restored_s IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'usage points in the outage are still out');
END;
CREATE TRIGGER outage_member_over BEFORE INSERT ON outage_member
WHEN NEW.restored_s IS NULL AND EXISTS (
    SELECT 1 FROM outage WHERE id = NEW.outage AND status IN ('restored', 'closed', 'invalid'))
BEGIN
    SELECT RAISE(ABORT, 'the outage is over: nobody can be out in it');
END;

CREATE TRIGGER outage_updated AFTER UPDATE ON outage WHEN NEW.updated_s = OLD.updated_s
BEGIN
    UPDATE outage SET updated_s = (julianday('now') - 2440587.5) * 86400.0 WHERE id = NEW.id;
END;
CREATE TRIGGER outage_member_joined AFTER INSERT ON outage_member
BEGIN
    UPDATE outage SET customers = customers + NEW.customers,
        customers_out = customers_out + iif(NEW.restored_s IS NULL, NEW.customers, 0)
    WHERE id = NEW.outage;
END;
CREATE TRIGGER outage_member_left AFTER DELETE ON outage_member
BEGIN
    UPDATE outage SET customers_out = customers_out - iif(OLD.restored_s IS NULL, OLD.customers, 0),
        customers = customers - OLD.customers
    WHERE id = OLD.outage;
    DELETE FROM erm_usage_point WHERE usage_point = OLD.usage_point AND outage = OLD.outage;
END;
CREATE TRIGGER outage_member_back AFTER UPDATE OF restored_s ON outage_member
WHEN OLD.restored_s IS NULL AND NEW.restored_s IS NOT NULL
BEGIN
    UPDATE outage SET customers_out = customers_out - NEW.customers WHERE id = NEW.outage;
    DELETE FROM erm_usage_point WHERE usage_point = NEW.usage_point AND outage = NEW.outage;
END;
CREATE TRIGGER outage_member_out_again BEFORE UPDATE OF restored_s ON outage_member
WHEN OLD.restored_s IS NOT NULL AND NEW.restored_s IS NULL
BEGIN
    SELECT RAISE(ABORT, 'who is back is not out again: nest it in another outage');
END;

CREATE TRIGGER outage_evidence_kept BEFORE UPDATE ON outage_evidence
BEGIN
    SELECT RAISE(ABORT, 'rows are added, never changed or deleted');
END;
CREATE TRIGGER outage_evidence_stays BEFORE DELETE ON outage_evidence
BEGIN
    SELECT RAISE(ABORT, 'rows are added, never changed or deleted');
END;
CREATE TRIGGER erm_history_kept BEFORE UPDATE ON erm_history
BEGIN
    SELECT RAISE(ABORT, 'rows are added, never changed or deleted');
END;
CREATE TRIGGER erm_history_stays BEFORE DELETE ON erm_history
BEGIN
    SELECT RAISE(ABORT, 'rows are added, never changed or deleted');
END;
