-- The customers of a twin, in a file of their own that its owner alone may read: customers.sqlite.
CREATE TABLE record (
    record TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    kind TEXT NOT NULL,
    given_name TEXT NOT NULL,
    surname TEXT NOT NULL,
    organization TEXT NOT NULL,
    birth_date TEXT NOT NULL,
    identity_number TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    zip TEXT NOT NULL,
    esi_id TEXT NOT NULL,
    account TEXT NOT NULL,
    retailer TEXT NOT NULL,
    valid_from TEXT,
    valid_to TEXT,
    name_key TEXT,
    phone_key TEXT,
    email_key TEXT,
    place_key TEXT
) WITHOUT ROWID;
CREATE INDEX record_account ON record (account) WHERE account <> '';
CREATE INDEX record_esi_id ON record (esi_id) WHERE esi_id <> '';
CREATE INDEX record_name ON record (name_key) WHERE name_key IS NOT NULL;
CREATE INDEX record_phone ON record (phone_key) WHERE phone_key IS NOT NULL;
CREATE INDEX record_email ON record (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX record_place ON record (place_key) WHERE place_key IS NOT NULL;

CREATE TABLE party_member (
    record TEXT PRIMARY KEY,
    party TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX party_member_party ON party_member (party);

CREATE TABLE record_key (
    key INTEGER NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (key, record)
) WITHOUT ROWID;

CREATE TABLE link (
    record_l TEXT NOT NULL,
    record_r TEXT NOT NULL,
    weight REAL NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('matched', 'household', 'review', 'rejected')),
    reason TEXT NOT NULL,
    weights TEXT NOT NULL,
    PRIMARY KEY (record_l, record_r)
) WITHOUT ROWID;
CREATE INDEX link_right ON link (record_r);
CREATE INDEX link_review ON link (weight) WHERE decision = 'review';

CREATE TABLE label (
    record_l TEXT NOT NULL,
    record_r TEXT NOT NULL,
    same INTEGER NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (record_l, record_r)
) WITHOUT ROWID;

CREATE TABLE party_change (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('merge', 'split', 'undo')),
    from_party TEXT NOT NULL,
    into_party TEXT NOT NULL,
    records TEXT NOT NULL,
    reason TEXT NOT NULL
);

CREATE TABLE service_point (
    esi_id TEXT NOT NULL,
    premise TEXT NOT NULL,
    usage_point TEXT NOT NULL,
    address TEXT NOT NULL,
    city TEXT NOT NULL,
    zip TEXT NOT NULL,
    valid_from TEXT,
    valid_to TEXT
);
CREATE INDEX service_point_esi_id ON service_point (esi_id);
CREATE INDEX service_point_usage_point ON service_point (usage_point);

CREATE TABLE designation (
    designation TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    esi_id TEXT NOT NULL,
    source TEXT NOT NULL,
    contact TEXT NOT NULL,
    second_contact TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_until TEXT
) WITHOUT ROWID;
CREATE INDEX designation_esi_id ON designation (esi_id);

CREATE TABLE model (
    name TEXT PRIMARY KEY,
    trained_at TEXT NOT NULL,
    text TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE lookup (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    question TEXT NOT NULL,
    subject TEXT NOT NULL,
    parties TEXT NOT NULL
);

CREATE TABLE erasure (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    subject TEXT NOT NULL,
    records INTEGER NOT NULL,
    proof TEXT NOT NULL
);
PRAGMA user_version = 1;
