-- Crews as their dispatcher knows them, and where each was last.
CREATE TABLE crews (
    mrid TEXT NOT NULL PRIMARY KEY CHECK (mrid <> ''),
    name TEXT NOT NULL,
    skills TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL CHECK (
        status IN ('available', 'assigned', 'en_route', 'on_site', 'unavailable', 'off_duty')),
    vehicle TEXT NOT NULL DEFAULT '',
    home TEXT NOT NULL DEFAULT '',
    home_lon REAL CHECK (home_lon BETWEEN -180 AND 180),
    home_lat REAL CHECK (home_lat BETWEEN -90 AND 90),
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT
);
CREATE INDEX crews_feed ON crews (feed, feed_key);
CREATE TABLE crew_positions (
    crew TEXT NOT NULL PRIMARY KEY CHECK (crew <> ''),
    lon REAL NOT NULL CHECK (lon BETWEEN -180 AND 180),
    lat REAL NOT NULL CHECK (lat BETWEEN -90 AND 90),
    at TEXT NOT NULL,
    accuracy_m REAL CHECK (accuracy_m >= 0),
    heading_deg REAL CHECK (heading_deg BETWEEN 0 AND 360),
    feed TEXT NOT NULL DEFAULT '',
    feed_key TEXT NOT NULL DEFAULT '',
    own TEXT
);
CREATE INDEX crew_positions_feed ON crew_positions (feed, feed_key);
