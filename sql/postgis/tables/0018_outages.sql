-- 0018: outages, who is in them, what is known of them, and the estimates of their end (ERM).
--
-- Makes nothing where the files 1 to 14 have made it: see 0015.

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

-- ---------------------------------------------------------------- outages

CREATE TABLE IF NOT EXISTS gridtwin.outages (
    id text PRIMARY KEY,
    cause text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'predicted' CHECK (status IN (
        'predicted', 'confirmed', 'partially_restored', 'restored', 'closed', 'invalid')),
    planned bool NOT NULL DEFAULT false,
    began_at timestamptz NOT NULL,
    restored_at timestamptz,
    device text,
    crew_status text NOT NULL DEFAULT '',
    customers int NOT NULL DEFAULT 0 CHECK (customers >= 0),
    area geometry(MultiPolygon, 4326),
    state_version bigint,
    updated_at timestamptz NOT NULL DEFAULT now(),
    phases text NOT NULL DEFAULT '',
    parent text REFERENCES gridtwin.outages (id),
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,
    closed_at timestamptz,
    etr_manual timestamptz,
    etr_crew timestamptz,
    customers_out int NOT NULL DEFAULT 0,
    momentary bool GENERATED ALWAYS AS (restored_at - began_at <= interval '5 min') STORED,
    revision bigint NOT NULL DEFAULT 1,
    CHECK (restored_at >= began_at),
    CHECK (status NOT IN ('restored', 'closed') OR restored_at IS NOT NULL),
    CHECK (customers_out BETWEEN 0 AND customers),
    CHECK (parent <> id)
);

CREATE INDEX IF NOT EXISTS outages_area ON gridtwin.outages USING gist (area);
CREATE INDEX IF NOT EXISTS outages_open ON gridtwin.outages (began_at)
    WHERE status IN ('predicted', 'confirmed', 'partially_restored');
CREATE INDEX IF NOT EXISTS outages_restored ON gridtwin.outages (restored_at);
CREATE INDEX IF NOT EXISTS outages_parent ON gridtwin.outages (parent);

COMMENT ON TABLE gridtwin.outages IS 'Outages, open and past';
COMMENT ON COLUMN gridtwin.outages.id IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.outages.cause IS 'Cause; empty = not known';
COMMENT ON COLUMN gridtwin.outages.status IS
    'predicted, confirmed, partially_restored, restored, closed or invalid';
COMMENT ON COLUMN gridtwin.outages.planned IS 'Whether it was planned';
COMMENT ON COLUMN gridtwin.outages.began_at IS 'When it began';
COMMENT ON COLUMN gridtwin.outages.restored_at IS 'When the last customer was back; null = open';
COMMENT ON COLUMN gridtwin.outages.device IS
    'mRID of the device that opened or failed; null = not known';
COMMENT ON COLUMN gridtwin.outages.crew_status IS 'What the crew is doing; empty = not known';
COMMENT ON COLUMN gridtwin.outages.customers IS 'Customers in it, back or not';
COMMENT ON COLUMN gridtwin.outages.area IS 'Where it is, EPSG:4326';
COMMENT ON COLUMN gridtwin.outages.state_version IS
    'Version of the current state it was worked out on';
COMMENT ON COLUMN gridtwin.outages.updated_at IS 'When it was last written';
COMMENT ON COLUMN gridtwin.outages.phases IS 'Phases that lost supply; empty = all';
COMMENT ON COLUMN gridtwin.outages.parent IS 'Outage this one is a part of; null = of none';
COMMENT ON COLUMN gridtwin.outages.first_seen_at IS 'When it was first known here';
COMMENT ON COLUMN gridtwin.outages.confirmed_at IS 'When it was confirmed';
COMMENT ON COLUMN gridtwin.outages.closed_at IS 'When it was closed, or found invalid';
COMMENT ON COLUMN gridtwin.outages.etr_manual IS 'End promised by the control room';
COMMENT ON COLUMN gridtwin.outages.etr_crew IS 'End estimated by the crew on site';
COMMENT ON COLUMN gridtwin.outages.customers_out IS 'Customers in it who are not back';
COMMENT ON COLUMN gridtwin.outages.momentary IS
    'Whether it was over within five minutes (IEEE 1366)';
COMMENT ON COLUMN gridtwin.outages.revision IS
    'Counts its changes; who writes an older one is refused';

CREATE TABLE IF NOT EXISTS gridtwin.outage_usage_points (
    outage text REFERENCES gridtwin.outages (id) ON DELETE CASCADE,
    usage_point text,
    began_at timestamptz NOT NULL,
    restored_at timestamptz,
    customers int NOT NULL DEFAULT 1 CHECK (customers >= 0),
    PRIMARY KEY (outage, usage_point),
    CHECK (restored_at >= began_at)
);

-- Nobody is in two open outages.
CREATE UNIQUE INDEX IF NOT EXISTS outage_usage_points_open
    ON gridtwin.outage_usage_points (usage_point)
    INCLUDE (outage) WHERE restored_at IS NULL;

COMMENT ON TABLE gridtwin.outage_usage_points IS 'Who is or was out in each outage';
COMMENT ON COLUMN gridtwin.outage_usage_points.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.outage_usage_points.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.outage_usage_points.began_at IS 'When its supply was lost';
COMMENT ON COLUMN gridtwin.outage_usage_points.restored_at IS 'When it was back; null = still out';
COMMENT ON COLUMN gridtwin.outage_usage_points.customers IS 'Customers of the usage point';

-- What is written of an outage by people and by meters; no foreign key, so that it outlives it.
CREATE TABLE IF NOT EXISTS gridtwin.outage_evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    outage text NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind <> ''),
    mrid text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    actor text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX IF NOT EXISTS outage_evidence_outage ON gridtwin.outage_evidence (outage, at);

COMMENT ON TABLE gridtwin.outage_evidence IS
    'What was said of each outage and done to it; rows are added, never changed';
COMMENT ON COLUMN gridtwin.outage_evidence.id IS 'Number in order of recording';
COMMENT ON COLUMN gridtwin.outage_evidence.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.outage_evidence.at IS 'When it happened';
COMMENT ON COLUMN gridtwin.outage_evidence.kind IS
    'last_gasp, call, scada, crew, predicted, confirmed, restored, nested and so on';
COMMENT ON COLUMN gridtwin.outage_evidence.mrid IS 'Who or what said so, or what it is about';
COMMENT ON COLUMN gridtwin.outage_evidence.detail IS 'What else was said';
COMMENT ON COLUMN gridtwin.outage_evidence.actor IS 'Who wrote it down; empty = a program';
COMMENT ON COLUMN gridtwin.outage_evidence.recorded_at IS 'When this row was written';

-- ---------------------------------------------------------------- estimates

CREATE TABLE IF NOT EXISTS gridtwin.erm_runs (
    id text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    model text NOT NULL,
    state_version bigint NOT NULL,
    outages int NOT NULL,
    usage_points int NOT NULL,
    published int NOT NULL
);

COMMENT ON TABLE gridtwin.erm_runs IS 'Runs of the estimation that were written, each once';
COMMENT ON COLUMN gridtwin.erm_runs.id IS 'Id of the run; a run of the same id changes nothing';
COMMENT ON COLUMN gridtwin.erm_runs.started_at IS 'Time it estimated for';
COMMENT ON COLUMN gridtwin.erm_runs.finished_at IS 'When it was written';
COMMENT ON COLUMN gridtwin.erm_runs.model IS 'Model and version that estimated';
COMMENT ON COLUMN gridtwin.erm_runs.state_version IS 'Version of the current state it saw';
COMMENT ON COLUMN gridtwin.erm_runs.outages IS 'Open outages it estimated';
COMMENT ON COLUMN gridtwin.erm_runs.usage_points IS 'Usage points in them';
COMMENT ON COLUMN gridtwin.erm_runs.published IS 'Outages whose estimate became another';

CREATE TABLE IF NOT EXISTS gridtwin.erm_current (
    outage text PRIMARY KEY REFERENCES gridtwin.outages (id) ON DELETE CASCADE,
    run text NOT NULL DEFAULT '',
    issued_at timestamptz NOT NULL DEFAULT now(),
    inputs_at timestamptz NOT NULL DEFAULT now(),
    p10 timestamptz,
    p50 timestamptz,
    p80 timestamptz,
    p90 timestamptz,
    p95 timestamptz,
    etr timestamptz,
    source text NOT NULL DEFAULT 'manual'
        CHECK (source IN ('manual', 'crew', 'zone', 'model', 'table')),
    model text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    CHECK (etr >= issued_at),
    CHECK (p10 <= p50 AND p50 <= p80 AND p80 <= p90 AND p90 <= p95)
);

COMMENT ON TABLE gridtwin.erm_current IS 'The estimate in force for each outage';
COMMENT ON COLUMN gridtwin.erm_current.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.erm_current.run IS 'Run that issued it; empty = no run';
COMMENT ON COLUMN gridtwin.erm_current.issued_at IS 'When it was issued';
COMMENT ON COLUMN gridtwin.erm_current.inputs_at IS 'Time of the newest input';
COMMENT ON COLUMN gridtwin.erm_current.p10 IS 'Time before which one in ten such outages ends';
COMMENT ON COLUMN gridtwin.erm_current.p50 IS 'Time before which half of such outages end';
COMMENT ON COLUMN gridtwin.erm_current.p80 IS 'Time before which eight in ten such outages end';
COMMENT ON COLUMN gridtwin.erm_current.p90 IS 'Time before which nine in ten such outages end';
COMMENT ON COLUMN gridtwin.erm_current.p95 IS 'Time before which 95 in 100 such outages end';
COMMENT ON COLUMN gridtwin.erm_current.etr IS
    'Estimated time of restoration that is promised; null = still being assessed';
COMMENT ON COLUMN gridtwin.erm_current.source IS
    'What decided: manual, crew, zone (of a storm), model, or table (too little history)';
COMMENT ON COLUMN gridtwin.erm_current.model IS 'Model and version that estimated';
COMMENT ON COLUMN gridtwin.erm_current.reason IS 'Why it was estimated so, in words';

-- One row answers a meter; it goes when the meter's supply is back.
CREATE TABLE IF NOT EXISTS gridtwin.erm_usage_points (
    usage_point text PRIMARY KEY,
    outage text NOT NULL,
    stage text NOT NULL DEFAULT 'repair' CHECK (stage IN ('remote', 'manual', 'repair')),
    issued_at timestamptz NOT NULL DEFAULT now(),
    p50 timestamptz,
    p80 timestamptz,
    p95 timestamptz,
    etr timestamptz,
    source text NOT NULL DEFAULT 'model',
    CHECK (etr >= issued_at)
);

CREATE INDEX IF NOT EXISTS erm_usage_points_outage ON gridtwin.erm_usage_points (outage);

COMMENT ON TABLE gridtwin.erm_usage_points IS
    'The estimate in force for each usage point that is out';
COMMENT ON COLUMN gridtwin.erm_usage_points.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.erm_usage_points.outage IS 'Id of the outage it is in';
COMMENT ON COLUMN gridtwin.erm_usage_points.stage IS
    'What brings it back: remote switching, manual switching, or repair';
COMMENT ON COLUMN gridtwin.erm_usage_points.issued_at IS 'When it was issued';
COMMENT ON COLUMN gridtwin.erm_usage_points.p50 IS 'Time before which half of such come back';
COMMENT ON COLUMN gridtwin.erm_usage_points.p80 IS
    'Time before which eight in ten such come back';
COMMENT ON COLUMN gridtwin.erm_usage_points.p95 IS 'Time before which 95 in 100 such come back';
COMMENT ON COLUMN gridtwin.erm_usage_points.etr IS
    'Estimated time of restoration that is promised; null = still being assessed';
COMMENT ON COLUMN gridtwin.erm_usage_points.source IS 'What decided, as in erm_current';

CREATE TABLE IF NOT EXISTS gridtwin.erm_history (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run text NOT NULL,
    outage text NOT NULL,
    stage text NOT NULL DEFAULT 'repair',
    usage_points int NOT NULL DEFAULT 0,
    issued_at timestamptz NOT NULL,
    inputs_at timestamptz NOT NULL,
    p10 timestamptz,
    p50 timestamptz,
    p80 timestamptz,
    p90 timestamptz,
    p95 timestamptz,
    etr timestamptz,
    source text NOT NULL,
    model text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX IF NOT EXISTS erm_history_outage ON gridtwin.erm_history (outage, issued_at);

COMMENT ON TABLE gridtwin.erm_history IS
    'Every estimate ever issued; rows are added, never changed';
COMMENT ON COLUMN gridtwin.erm_history.id IS 'Number in order of recording';
COMMENT ON COLUMN gridtwin.erm_history.run IS 'Run that issued it';
COMMENT ON COLUMN gridtwin.erm_history.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.erm_history.stage IS 'Of those who come back by this';
COMMENT ON COLUMN gridtwin.erm_history.usage_points IS 'How many those are';
COMMENT ON COLUMN gridtwin.erm_history.issued_at IS 'When it was issued';
COMMENT ON COLUMN gridtwin.erm_history.inputs_at IS 'Time of the newest input';
COMMENT ON COLUMN gridtwin.erm_history.p10 IS 'Time before which one in ten such outages ends';
COMMENT ON COLUMN gridtwin.erm_history.p50 IS 'Time before which half of such outages end';
COMMENT ON COLUMN gridtwin.erm_history.p80 IS 'Time before which eight in ten such outages end';
COMMENT ON COLUMN gridtwin.erm_history.p90 IS 'Time before which nine in ten such outages end';
COMMENT ON COLUMN gridtwin.erm_history.p95 IS 'Time before which 95 in 100 such outages end';
COMMENT ON COLUMN gridtwin.erm_history.etr IS 'What was promised; null = still being assessed';
COMMENT ON COLUMN gridtwin.erm_history.source IS 'What decided, as in erm_current';
COMMENT ON COLUMN gridtwin.erm_history.model IS 'Model and version that estimated';
COMMENT ON COLUMN gridtwin.erm_history.reason IS 'Why it was estimated so, in words';
COMMENT ON COLUMN gridtwin.erm_history.recorded_at IS 'When this row was written';

-- What is promised for a part of the territory in a storm.
CREATE TABLE IF NOT EXISTS gridtwin.erm_zones (
    zone text PRIMARY KEY,
    issued_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    p50 timestamptz NOT NULL,
    p80 timestamptz NOT NULL,
    p95 timestamptz NOT NULL,
    model text NOT NULL DEFAULT '',
    actor text NOT NULL DEFAULT '',
    CHECK (issued_at <= p50 AND p50 <= p80 AND p80 <= p95)
);

COMMENT ON TABLE gridtwin.erm_zones IS 'What is promised for parts of the territory in a storm';
COMMENT ON COLUMN gridtwin.erm_zones.zone IS
    'mRID of a feeder or a substation; empty = the whole territory';
COMMENT ON COLUMN gridtwin.erm_zones.issued_at IS 'When it was issued';
COMMENT ON COLUMN gridtwin.erm_zones.expires_at IS 'When it no longer counts';
COMMENT ON COLUMN gridtwin.erm_zones.p50 IS 'Time before which half of its customers are back';
COMMENT ON COLUMN gridtwin.erm_zones.p80 IS 'Time by which they are back in eight cases of ten';
COMMENT ON COLUMN gridtwin.erm_zones.p95 IS 'Time by which they are back in 95 cases of 100';
COMMENT ON COLUMN gridtwin.erm_zones.model IS 'What estimated it';
COMMENT ON COLUMN gridtwin.erm_zones.actor IS 'Who approved it';

INSERT INTO gridtwin.migrations (number, name) VALUES (18, 'outages');

COMMIT;
