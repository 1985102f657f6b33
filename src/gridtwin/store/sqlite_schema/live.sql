-- Version 4: what live operations have taken in, how far they have come, and what is to be told.
CREATE TABLE live_event (
    event_id TEXT PRIMARY KEY,
    at_s REAL NOT NULL,
    kind TEXT NOT NULL,
    mrid TEXT NOT NULL,
    open_phases TEXT NOT NULL,
    actor TEXT NOT NULL,
    detail TEXT NOT NULL,
    done INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX live_event_at ON live_event (at_s);
CREATE INDEX live_event_open ON live_event (at_s, event_id) WHERE NOT done;
CREATE TABLE live_place (
    source TEXT PRIMARY KEY,
    next INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE live_letter (
    topic TEXT NOT NULL,
    place TEXT NOT NULL,
    at_s REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0),
    reason TEXT NOT NULL,
    value BLOB NOT NULL,
    PRIMARY KEY (topic, place)
) WITHOUT ROWID;
CREATE TABLE outage_alert (
    number INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL UNIQUE,
    at_s REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0),
    outage TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('outage_opened', 'outage_changed', 'outage_closed')),
    status TEXT NOT NULL,
    device TEXT NOT NULL,
    customers_out INTEGER NOT NULL,
    etr_s REAL,
    told_s REAL
);
CREATE INDEX outage_alert_outage ON outage_alert (outage);
CREATE INDEX outage_alert_untold ON outage_alert (number) WHERE told_s IS NULL;
