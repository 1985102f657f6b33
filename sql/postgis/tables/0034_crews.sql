-- 0034: crews as their dispatcher knows them, and where each was last.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.crews (
    mrid text PRIMARY KEY CHECK (mrid <> ''),
    name text NOT NULL,
    skills text NOT NULL DEFAULT '',
    status text NOT NULL CHECK (
        status IN ('available', 'assigned', 'en_route', 'on_site', 'unavailable', 'off_duty')),
    vehicle text NOT NULL DEFAULT '',
    home text NOT NULL DEFAULT '',
    home_lon float8 CHECK (home_lon BETWEEN -180 AND 180),
    home_lat float8 CHECK (home_lat BETWEEN -90 AND 90),
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb
);
CREATE INDEX crews_feed ON gridtwin.crews (feed, feed_key);

COMMENT ON TABLE gridtwin.crews IS 'Crews and what they can do; nobody is named';
COMMENT ON COLUMN gridtwin.crews.mrid IS 'Crew';
COMMENT ON COLUMN gridtwin.crews.name IS 'What it is called';
COMMENT ON COLUMN gridtwin.crews.skills IS
    'What it does, such as line, tree or substation, parted by commas';
COMMENT ON COLUMN gridtwin.crews.status IS
    'available, assigned, en_route, on_site, unavailable or off_duty';
COMMENT ON COLUMN gridtwin.crews.vehicle IS 'Its vehicle; empty = not known';
COMMENT ON COLUMN gridtwin.crews.home IS 'Yard it sets out from; empty = not known';
COMMENT ON COLUMN gridtwin.crews.home_lon IS 'Longitude of the yard; null = not known';
COMMENT ON COLUMN gridtwin.crews.home_lat IS 'Latitude of the yard; null = not known';
COMMENT ON COLUMN gridtwin.crews.feed IS 'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.crews.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.crews.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

CREATE TABLE gridtwin.crew_positions (
    crew text PRIMARY KEY CHECK (crew <> ''),
    lon float8 NOT NULL CHECK (lon BETWEEN -180 AND 180),
    lat float8 NOT NULL CHECK (lat BETWEEN -90 AND 90),
    at timestamptz NOT NULL,
    accuracy_m float8 CHECK (accuracy_m >= 0),
    heading_deg float8 CHECK (heading_deg BETWEEN 0 AND 360),
    feed text NOT NULL DEFAULT '',
    feed_key text NOT NULL DEFAULT '',
    own jsonb
);
CREATE INDEX crew_positions_feed ON gridtwin.crew_positions (feed, feed_key);

COMMENT ON TABLE gridtwin.crew_positions IS
    'Where each crew was last; what was before is not kept';
COMMENT ON COLUMN gridtwin.crew_positions.crew IS
    'Crew; the roster may not know it yet';
COMMENT ON COLUMN gridtwin.crew_positions.lon IS 'Longitude, EPSG:4326';
COMMENT ON COLUMN gridtwin.crew_positions.lat IS 'Latitude, EPSG:4326';
COMMENT ON COLUMN gridtwin.crew_positions.at IS 'When it was there';
COMMENT ON COLUMN gridtwin.crew_positions.accuracy_m IS 'Radius in meters; null = not known';
COMMENT ON COLUMN gridtwin.crew_positions.heading_deg IS
    'Degrees clockwise from north; null = not known';
COMMENT ON COLUMN gridtwin.crew_positions.feed IS
    'Feed that wrote the row last; empty = written here';
COMMENT ON COLUMN gridtwin.crew_positions.feed_key IS 'Key of the row in the source of its feed';
COMMENT ON COLUMN gridtwin.crew_positions.own IS
    'Columns of the source that the model does not know, as its mapping keeps them';

INSERT INTO gridtwin.migrations (number, name) VALUES (34, 'crews');

COMMIT;
