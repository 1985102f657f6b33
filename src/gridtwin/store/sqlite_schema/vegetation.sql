-- Version 9: areas of vegetation risk by source, and the spans that lie in them.
CREATE TABLE vegetation_layer (
    source TEXT PRIMARY KEY,
    load_number INTEGER NOT NULL,
    loaded_at_s REAL NOT NULL,
    file TEXT NOT NULL,
    areas INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE vegetation_area (
    source TEXT NOT NULL REFERENCES vegetation_layer (source) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    key TEXT NOT NULL,
    risk INTEGER NOT NULL,
    failures_per_km_year REAL,
    clearance_m REAL,
    tree_height_m REAL,
    species TEXT NOT NULL,
    geometry BLOB NOT NULL,
    PRIMARY KEY (source, place)
) WITHOUT ROWID;
CREATE TABLE vegetation_span (
    place INTEGER PRIMARY KEY,
    span TEXT NOT NULL UNIQUE,
    feeder TEXT NOT NULL,
    substation TEXT NOT NULL,
    section TEXT NOT NULL,
    device TEXT NOT NULL,
    risk_class TEXT NOT NULL,
    score REAL NOT NULL,
    length_m REAL NOT NULL,
    length_in_risk_m REAL NOT NULL,
    failures_per_year REAL NOT NULL,
    customers INTEGER NOT NULL,
    customers_behind INTEGER NOT NULL,
    priority_sites INTEGER NOT NULL,
    restoration_min REAL NOT NULL,
    customer_minutes_at_risk REAL NOT NULL,
    customer_minutes_per_km REAL NOT NULL,
    clearance_m REAL,
    tree_height_m REAL,
    species TEXT NOT NULL,
    area TEXT NOT NULL
);
CREATE TABLE vegetation_measured (network TEXT NOT NULL);
