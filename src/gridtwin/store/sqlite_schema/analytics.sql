-- What analytics hand back, how far it was pulled, and where both sides changed a row.
CREATE TABLE element_scores (
    kind TEXT NOT NULL,
    mrid TEXT NOT NULL,
    value REAL,
    made_at TEXT,
    source TEXT,
    pulled_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (kind, mrid)
) WITHOUT ROWID;
CREATE INDEX element_scores_mrid ON element_scores (mrid);
CREATE TABLE element_priorities (
    mrid TEXT NOT NULL,
    rank INTEGER,
    reason TEXT,
    made_at TEXT,
    source TEXT,
    pulled_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (mrid)
) WITHOUT ROWID;
CREATE TABLE crew_shifts (
    crew TEXT NOT NULL,
    starts_at TEXT NOT NULL,
    ends_at TEXT,
    district TEXT,
    skill TEXT,
    people INTEGER,
    source TEXT,
    pulled_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (crew, starts_at)
) WITHOUT ROWID;
CREATE TABLE element_forecasts (
    kind TEXT NOT NULL,
    mrid TEXT NOT NULL,
    at TEXT NOT NULL,
    value REAL,
    low REAL,
    high REAL,
    made_at TEXT,
    source TEXT,
    pulled_by TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (kind, mrid, at)
) WITHOUT ROWID;
CREATE INDEX element_forecasts_mrid ON element_forecasts (mrid);
CREATE TABLE sync_state (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    identity TEXT NOT NULL,
    snapshot_id INTEGER NOT NULL,
    sequence_number INTEGER NOT NULL,
    pulled_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE sync_base (
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    base TEXT NOT NULL,
    PRIMARY KEY (name, key)
) WITHOUT ROWID;
CREATE TABLE sync_conflicts (
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    target TEXT NOT NULL,
    base TEXT,
    operations TEXT,
    analytics TEXT,
    snapshot_id INTEGER NOT NULL,
    found_at TEXT NOT NULL,
    PRIMARY KEY (name, key)
) WITHOUT ROWID;
