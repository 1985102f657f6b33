-- How far feeds were read, the tables of other systems that they land in, and values of SCADA.
CREATE TABLE feed_offsets (
    feed TEXT NOT NULL,
    source TEXT NOT NULL,
    next INTEGER NOT NULL CHECK (next >= 0),
    changed_at TEXT NOT NULL,
    PRIMARY KEY (feed, source)
) WITHOUT ROWID;
CREATE TABLE feed_keys (
    feed TEXT NOT NULL,
    key TEXT NOT NULL,
    position TEXT NOT NULL,
    gone INTEGER NOT NULL,
    PRIMARY KEY (feed, key)
) WITHOUT ROWID;
CREATE TABLE feed_letters (
    feed TEXT NOT NULL,
    place TEXT NOT NULL,
    reason TEXT NOT NULL,
    key BLOB,
    value BLOB,
    received_at TEXT NOT NULL,
    PRIMARY KEY (feed, place)
);
CREATE TABLE premises (
    premise TEXT NOT NULL CHECK (premise <> ''),
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    usage_point TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    unit TEXT NOT NULL DEFAULT '',
    city TEXT NOT NULL DEFAULT '',
    postal_code TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT '',
    lon REAL CHECK (lon BETWEEN -180 AND 180),
    lat REAL CHECK (lat BETWEEN -90 AND 90),
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT,
    PRIMARY KEY (premise, valid_from)
);
CREATE INDEX premises_feed ON premises (feed, feed_key);
CREATE TABLE parties (
    party TEXT NOT NULL CHECK (party <> ''),
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    kind TEXT NOT NULL CHECK (
        kind IN ('person', 'organization')),
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT,
    PRIMARY KEY (party, valid_from)
);
CREATE INDEX parties_feed ON parties (feed, feed_key);
CREATE TABLE accounts (
    account TEXT NOT NULL CHECK (account <> ''),
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    party TEXT NOT NULL DEFAULT '',
    premise TEXT NOT NULL DEFAULT '',
    retailer TEXT NOT NULL DEFAULT '',
    rate TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT '',
    needs TEXT NOT NULL DEFAULT '',
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT,
    PRIMARY KEY (account, valid_from)
);
CREATE INDEX accounts_feed ON accounts (feed, feed_key);
CREATE TABLE retailers (
    retailer TEXT NOT NULL CHECK (retailer <> ''),
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    name TEXT NOT NULL,
    code TEXT NOT NULL DEFAULT '',
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT,
    PRIMARY KEY (retailer, valid_from)
);
CREATE INDEX retailers_feed ON retailers (feed, feed_key);
CREATE TABLE assets (
    asset TEXT NOT NULL CHECK (asset <> ''),
    element TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT '',
    manufacturer TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    serial_number TEXT NOT NULL DEFAULT '',
    installed_at TEXT,
    retired_at TEXT,
    condition TEXT NOT NULL DEFAULT '',
    lon REAL CHECK (lon BETWEEN -180 AND 180),
    lat REAL CHECK (lat BETWEEN -90 AND 90),
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT,
    PRIMARY KEY (asset)
);
CREATE INDEX assets_feed ON assets (feed, feed_key);
CREATE TABLE work_orders (
    work_order TEXT NOT NULL CHECK (work_order <> ''),
    kind TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL,
    priority TEXT NOT NULL DEFAULT '',
    element TEXT NOT NULL DEFAULT '',
    crew TEXT NOT NULL DEFAULT '',
    outage TEXT NOT NULL DEFAULT '',
    created_at TEXT,
    planned_start TEXT,
    planned_end TEXT,
    started_at TEXT,
    completed_at TEXT,
    description TEXT NOT NULL DEFAULT '',
    lon REAL CHECK (lon BETWEEN -180 AND 180),
    lat REAL CHECK (lat BETWEEN -90 AND 90),
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT,
    PRIMARY KEY (work_order)
);
CREATE INDEX work_orders_feed ON work_orders (feed, feed_key);
CREATE TABLE oms_outages (
    outage TEXT NOT NULL CHECK (outage <> ''),
    status TEXT NOT NULL CHECK (
        status IN ('predicted', 'confirmed', 'partially_restored', 'restored', 'canceled')),
    device TEXT NOT NULL DEFAULT '',
    cause TEXT NOT NULL DEFAULT '',
    began_at TEXT NOT NULL,
    restored_at TEXT,
    etr TEXT,
    customers_out INTEGER,
    crew TEXT NOT NULL DEFAULT '',
    lon REAL CHECK (lon BETWEEN -180 AND 180),
    lat REAL CHECK (lat BETWEEN -90 AND 90),
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT,
    PRIMARY KEY (outage)
);
CREATE INDEX oms_outages_feed ON oms_outages (feed, feed_key);
CREATE TABLE measurements (
    element TEXT NOT NULL CHECK (element <> ''),
    kind TEXT NOT NULL,
    phases TEXT NOT NULL DEFAULT '',
    value REAL,
    open_phases TEXT,
    quality TEXT NOT NULL CHECK (
        quality IN ('good', 'entered', 'estimated', 'stale', 'suspect', 'invalid')),
    at TEXT NOT NULL,
    stale_after_s REAL,
    point TEXT NOT NULL DEFAULT '',
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT,
    PRIMARY KEY (element, kind, phases)
);
CREATE INDEX measurements_feed ON measurements (feed, feed_key);
