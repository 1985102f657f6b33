-- 0027: areas in which vegetation threatens lines, by source, and the spans that lie in them.

BEGIN;
SET LOCAL client_min_messages = warning;

-- PostGIS may live in any schema; its types and functions are looked up where it is.
DO $$
BEGIN
    PERFORM set_config('search_path', 'pg_catalog, ' || extnamespace::regnamespace || ', pg_temp',
        true)
    FROM pg_extension
    WHERE extname = 'postgis';
END
$$;

CREATE TABLE gridtwin.vegetation_layers (
    source text PRIMARY KEY CHECK (source <> '' AND strpos(source, ':') = 0),
    load_number int NOT NULL CHECK (load_number > 0),
    loaded_at timestamptz NOT NULL,
    file text NOT NULL,
    areas int NOT NULL CHECK (areas >= 0)
);

COMMENT ON TABLE gridtwin.vegetation_layers IS
    'Sources of areas of vegetation risk, as they were last loaded';
COMMENT ON COLUMN gridtwin.vegetation_layers.source IS
    'What it is called; loading it again replaces its areas';
COMMENT ON COLUMN gridtwin.vegetation_layers.load_number IS 'How often it was loaded';
COMMENT ON COLUMN gridtwin.vegetation_layers.loaded_at IS 'When it was last loaded';
COMMENT ON COLUMN gridtwin.vegetation_layers.file IS 'File or name, as it was given';
COMMENT ON COLUMN gridtwin.vegetation_layers.areas IS 'Areas it has';

CREATE TABLE gridtwin.vegetation_areas (
    source text NOT NULL REFERENCES gridtwin.vegetation_layers (source) ON DELETE CASCADE,
    place int NOT NULL,
    key text NOT NULL,
    risk smallint NOT NULL CHECK (risk BETWEEN 0 AND 3),
    failures_per_km_year float8 CHECK (failures_per_km_year >= 0),
    clearance_m float8 CHECK (clearance_m >= 0),
    tree_height_m float8 CHECK (tree_height_m >= 0),
    species text NOT NULL,
    geometry geometry(MultiPolygon, 4326) NOT NULL,
    PRIMARY KEY (source, place)
);
CREATE INDEX vegetation_areas_geometry ON gridtwin.vegetation_areas USING gist (geometry);

COMMENT ON TABLE gridtwin.vegetation_areas IS 'Areas in which vegetation threatens lines';
COMMENT ON COLUMN gridtwin.vegetation_areas.source IS 'Source they are of';
COMMENT ON COLUMN gridtwin.vegetation_areas.place IS 'Place in the source, from 0';
COMMENT ON COLUMN gridtwin.vegetation_areas.key IS 'What names the area in its source';
COMMENT ON COLUMN gridtwin.vegetation_areas.risk IS
    'Risk class: 0 low, 1 moderate, 2 high, 3 extreme';
COMMENT ON COLUMN gridtwin.vegetation_areas.failures_per_km_year IS
    'Failures for each kilometer and year; null = that of the class';
COMMENT ON COLUMN gridtwin.vegetation_areas.clearance_m IS
    'From the vegetation to the conductor in meters; null = not known';
COMMENT ON COLUMN gridtwin.vegetation_areas.tree_height_m IS
    'Height of the trees in meters; null = not known';
COMMENT ON COLUMN gridtwin.vegetation_areas.species IS 'Species; empty = not known';
COMMENT ON COLUMN gridtwin.vegetation_areas.geometry IS
    'The area, in EPSG:4326, or planar where network.crs is null';

CREATE TABLE gridtwin.vegetation_spans (
    span text PRIMARY KEY,
    place int NOT NULL UNIQUE,
    feeder text NOT NULL,
    substation text NOT NULL,
    section text NOT NULL,
    device text NOT NULL,
    risk_class text NOT NULL CHECK (risk_class IN ('low', 'moderate', 'high', 'extreme')),
    score float8 NOT NULL CHECK (score BETWEEN 0 AND 100),
    length_m float8 NOT NULL,
    length_in_risk_m float8 NOT NULL CHECK (length_in_risk_m > 0),
    failures_per_year float8 NOT NULL,
    customers bigint NOT NULL,
    customers_behind bigint NOT NULL,
    priority_sites bigint NOT NULL,
    restoration_min float8 NOT NULL,
    customer_minutes_at_risk float8 NOT NULL,
    customer_minutes_per_km float8 NOT NULL,
    clearance_m float8,
    tree_height_m float8,
    species text NOT NULL,
    area text NOT NULL
);
CREATE INDEX vegetation_spans_feeder ON gridtwin.vegetation_spans (feeder);

COMMENT ON TABLE gridtwin.vegetation_spans IS
    'Spans that lie in areas of vegetation risk, in the normal state, as they were last measured';
COMMENT ON COLUMN gridtwin.vegetation_spans.place IS 'Place in the ranked list, from 0';
COMMENT ON COLUMN gridtwin.vegetation_spans.span IS 'mRID of the line';
COMMENT ON COLUMN gridtwin.vegetation_spans.feeder IS 'mRID of its feeder; empty = none';
COMMENT ON COLUMN gridtwin.vegetation_spans.substation IS 'mRID of its substation; empty = none';
COMMENT ON COLUMN gridtwin.vegetation_spans.section IS
    'mRID of the switch that feeds its section; empty = none';
COMMENT ON COLUMN gridtwin.vegetation_spans.device IS
    'mRID of the protective device that trips; empty = several, or none';
COMMENT ON COLUMN gridtwin.vegetation_spans.risk_class IS
    'Worst class of its areas: low, moderate, high or extreme';
COMMENT ON COLUMN gridtwin.vegetation_spans.score IS
    'Chance of a failure by vegetation within a year, percent';
COMMENT ON COLUMN gridtwin.vegetation_spans.length_m IS 'Length along its course in meters';
COMMENT ON COLUMN gridtwin.vegetation_spans.length_in_risk_m IS 'Of that, inside areas of risk';
COMMENT ON COLUMN gridtwin.vegetation_spans.failures_per_year IS 'Failures expected in a year';
COMMENT ON COLUMN gridtwin.vegetation_spans.customers IS 'Customers a fault there interrupts';
COMMENT ON COLUMN gridtwin.vegetation_spans.customers_behind IS
    'Of these, who have no supply without the span and wait for its repair';
COMMENT ON COLUMN gridtwin.vegetation_spans.priority_sites IS
    'Usage points with a priority that are interrupted';
COMMENT ON COLUMN gridtwin.vegetation_spans.restoration_min IS
    'Mean minutes that an interrupted customer is without supply';
COMMENT ON COLUMN gridtwin.vegetation_spans.customer_minutes_at_risk IS
    'Customer-minutes at risk in a year: failures x customers x restoration';
COMMENT ON COLUMN gridtwin.vegetation_spans.customer_minutes_per_km IS
    'Of these, for each kilometer in areas of risk; the list is ranked by it';
COMMENT ON COLUMN gridtwin.vegetation_spans.clearance_m IS
    'Least clearance of its areas in meters; null = not known';
COMMENT ON COLUMN gridtwin.vegetation_spans.tree_height_m IS
    'Greatest height of trees of its areas in meters; null = not known';
COMMENT ON COLUMN gridtwin.vegetation_spans.species IS
    'Species of the area with most failures; empty = not known';
COMMENT ON COLUMN gridtwin.vegetation_spans.area IS 'That area, SOURCE:KEY';

ALTER PUBLICATION gridtwin_lake ADD TABLE gridtwin.vegetation_spans (span);

CREATE TABLE gridtwin.vegetation_measured (
    only_row bool PRIMARY KEY DEFAULT true CHECK (only_row),
    network text NOT NULL,
    measured_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE gridtwin.vegetation_measured IS
    'The network in which the spans at risk were measured: one row, none before the first load';
COMMENT ON COLUMN gridtwin.vegetation_measured.only_row IS 'Always true: there is one row';
COMMENT ON COLUMN gridtwin.vegetation_measured.network IS
    'First 16 digits of network.content_hash';
COMMENT ON COLUMN gridtwin.vegetation_measured.measured_at IS 'When they were measured';

INSERT INTO gridtwin.migrations (number, name) VALUES (27, 'vegetation');

COMMIT;
