-- What customers complained of, what was billed, and what the model had decided on pairs before somebody did.
ALTER TABLE label ADD COLUMN decided TEXT NOT NULL DEFAULT '';

CREATE TABLE complaint (
    complaint TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('low_voltage', 'high_voltage', 'flicker', 'voltage', 'other')),
    source TEXT NOT NULL,
    esi_id TEXT NOT NULL,
    account TEXT NOT NULL,
    received_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX complaint_received_at ON complaint (received_at);
CREATE INDEX complaint_esi_id ON complaint (esi_id) WHERE esi_id <> '';
CREATE INDEX complaint_account ON complaint (account) WHERE account <> '';

CREATE TABLE usage (
    esi_id TEXT NOT NULL,
    meter TEXT NOT NULL,
    period_start TEXT NOT NULL,
    period_end TEXT NOT NULL,
    kwh REAL NOT NULL,
    demand_kw REAL,
    reading TEXT NOT NULL CHECK (reading IN ('actual', 'estimated')),
    retailer TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (esi_id, meter, period_start)
) WITHOUT ROWID;
PRAGMA user_version = 2;
