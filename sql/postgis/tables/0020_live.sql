-- 0020: what live operations take in, and what they tell.
--
-- Messages are kept, each once by its id, in the transaction that moves the place in the source;
-- then they are carried out. Whoever changes an outage or its estimate, the alert of that is written
-- in the same transaction (a transactional outbox): it is told afterwards, and marked when told.
--
-- Makes nothing where the files 1 to 14 have made it: see 0015.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE IF NOT EXISTS gridtwin.live_events (
    event_id text PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    mrid text NOT NULL,
    open_phases text NOT NULL DEFAULT '',
    actor text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    done bool NOT NULL DEFAULT false
);

CREATE INDEX IF NOT EXISTS live_events_at ON gridtwin.live_events (at);
CREATE INDEX IF NOT EXISTS live_events_open ON gridtwin.live_events (at, event_id) WHERE NOT done;

COMMENT ON TABLE gridtwin.live_events IS
    'Events of the grid and of meters that live operations took in, each once';
COMMENT ON COLUMN gridtwin.live_events.event_id IS 'Id that its source gave it';
COMMENT ON COLUMN gridtwin.live_events.at IS 'When it happened';
COMMENT ON COLUMN gridtwin.live_events.kind IS
    'switch_operation, fault, scada_status, last_gasp or power_restored';
COMMENT ON COLUMN gridtwin.live_events.mrid IS 'Equipment or usage point it is of';
COMMENT ON COLUMN gridtwin.live_events.open_phases IS 'Phases that stood open afterwards';
COMMENT ON COLUMN gridtwin.live_events.actor IS 'Who operated';
COMMENT ON COLUMN gridtwin.live_events.detail IS 'Words for people';
COMMENT ON COLUMN gridtwin.live_events.done IS 'Whether it was carried out';

CREATE TABLE IF NOT EXISTS gridtwin.live_places (
    source text PRIMARY KEY,
    next bigint NOT NULL
);

COMMENT ON TABLE gridtwin.live_places IS 'How far live operations have read each source';
COMMENT ON COLUMN gridtwin.live_places.source IS
    'Topic and partition, a file, or the log of operations';
COMMENT ON COLUMN gridtwin.live_places.next IS 'Where the next message stands';

CREATE TABLE IF NOT EXISTS gridtwin.live_letters (
    topic text NOT NULL,
    place text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (topic, place)
);

COMMENT ON TABLE gridtwin.live_letters IS 'Messages to live operations that cannot be used';
COMMENT ON COLUMN gridtwin.live_letters.topic IS 'Topic it came from';
COMMENT ON COLUMN gridtwin.live_letters.place IS 'Partition and offset, or line';
COMMENT ON COLUMN gridtwin.live_letters.at IS 'When it was set apart';
COMMENT ON COLUMN gridtwin.live_letters.reason IS 'What is wrong with it';
COMMENT ON COLUMN gridtwin.live_letters.value IS 'The message';

CREATE TABLE IF NOT EXISTS gridtwin.outage_alerts (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL UNIQUE,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    outage text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('outage_opened', 'outage_changed', 'outage_closed')),
    status text NOT NULL,
    device text NOT NULL DEFAULT '',
    customers_out bigint NOT NULL,
    etr timestamptz,
    told_at timestamptz
);

CREATE INDEX IF NOT EXISTS outage_alerts_outage ON gridtwin.outage_alerts (outage);
CREATE INDEX IF NOT EXISTS outage_alerts_untold
    ON gridtwin.outage_alerts (number) WHERE told_at IS NULL;

COMMENT ON TABLE gridtwin.outage_alerts IS
    'What became of outages, written with each change, to be told to everybody';
COMMENT ON COLUMN gridtwin.outage_alerts.number IS 'Number in order of writing';
COMMENT ON COLUMN gridtwin.outage_alerts.event_id IS
    'Id of the outage, count of its changes, end that is promised; the same id is the same alert';
COMMENT ON COLUMN gridtwin.outage_alerts.at IS 'When it was written';
COMMENT ON COLUMN gridtwin.outage_alerts.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.outage_alerts.kind IS
    'outage_opened, outage_changed or outage_closed';
COMMENT ON COLUMN gridtwin.outage_alerts.status IS 'Status of the outage';
COMMENT ON COLUMN gridtwin.outage_alerts.device IS 'mRID of what opened or failed';
COMMENT ON COLUMN gridtwin.outage_alerts.customers_out IS 'Customers in it who are not back';
COMMENT ON COLUMN gridtwin.outage_alerts.etr IS 'End that is promised; null = none';
COMMENT ON COLUMN gridtwin.outage_alerts.told_at IS 'When it was told; null = not yet';

INSERT INTO gridtwin.migrations (number, name) VALUES (20, 'live');

COMMIT;
