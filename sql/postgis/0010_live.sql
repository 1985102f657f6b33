-- 0010: what live operations take in, and what they tell.
--
-- Messages are kept, each once by its id, in the transaction that moves the place in the source;
-- then they are carried out. Whoever changes an outage or its estimate, the alert of that is written
-- in the same transaction (a transactional outbox): it is told afterwards, and marked when told.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0010_live.sql URL

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.live_events (
    event_id text PRIMARY KEY,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    mrid text NOT NULL,
    open_phases text NOT NULL DEFAULT '',
    actor text NOT NULL DEFAULT '',
    detail text NOT NULL DEFAULT '',
    done bool NOT NULL DEFAULT false
);
CREATE INDEX live_events_at ON gridtwin.live_events (at);
CREATE INDEX live_events_open ON gridtwin.live_events (at, event_id) WHERE NOT done;

CREATE TABLE gridtwin.live_places (
    source text PRIMARY KEY,
    next bigint NOT NULL
);

CREATE TABLE gridtwin.live_letters (
    topic text NOT NULL,
    place text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    reason text NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (topic, place)
);

CREATE TABLE gridtwin.outage_alerts (
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
CREATE INDEX outage_alerts_outage ON gridtwin.outage_alerts (outage);
CREATE INDEX outage_alerts_untold ON gridtwin.outage_alerts (number) WHERE told_at IS NULL;

-- It runs at the end of the transaction, when the counts of the outage are final: however often
-- its row was written, that is one change. An alert is named after all that it tells of.
CREATE FUNCTION gridtwin.write_alert() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    changed text := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    INSERT INTO gridtwin.outage_alerts
        (event_id, outage, kind, status, device, customers_out, etr)
    SELECT o.id || '.' || o.revision
            || coalesce('.' || floor(extract(epoch FROM e.etr))::bigint, ''),
        o.id,
        CASE
            WHEN o.status IN ('restored', 'closed', 'invalid') THEN 'outage_closed'
            WHEN EXISTS (SELECT FROM gridtwin.outage_alerts a WHERE a.outage = o.id)
                THEN 'outage_changed'
            ELSE 'outage_opened'
        END,
        o.status, coalesce(o.device, ''), o.customers_out, e.etr
    FROM gridtwin.outages o
    LEFT JOIN gridtwin.erm_current e ON e.outage = o.id
    WHERE o.id = changed
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

CREATE CONSTRAINT TRIGGER alerted AFTER INSERT OR UPDATE ON gridtwin.outages
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_alert('id');
CREATE CONSTRAINT TRIGGER alerted AFTER INSERT OR UPDATE ON gridtwin.erm_current
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_alert('outage');

-- ---------------------------------------------------------------- comments

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

COMMENT ON TABLE gridtwin.live_places IS 'How far live operations have read each source';
COMMENT ON COLUMN gridtwin.live_places.source IS
    'Topic and partition, a file, or the log of operations';
COMMENT ON COLUMN gridtwin.live_places.next IS 'Where the next message stands';

COMMENT ON TABLE gridtwin.live_letters IS 'Messages to live operations that cannot be used';
COMMENT ON COLUMN gridtwin.live_letters.topic IS 'Topic it came from';
COMMENT ON COLUMN gridtwin.live_letters.place IS 'Partition and offset, or line';
COMMENT ON COLUMN gridtwin.live_letters.at IS 'When it was set apart';
COMMENT ON COLUMN gridtwin.live_letters.reason IS 'What is wrong with it';
COMMENT ON COLUMN gridtwin.live_letters.value IS 'The message';

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
COMMENT ON FUNCTION gridtwin.write_alert() IS
    'Write the alert of a change of an outage or of its estimate';

-- ---------------------------------------------------------------- rights

CREATE OR REPLACE FUNCTION gridtwin.grant_roles() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reader bool := EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridtwin_reader');
    operator bool := EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridtwin_operator');
    owner bool := EXISTS (SELECT FROM pg_roles WHERE rolname = 'gridtwin_owner');
    called record;
BEGIN
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA gridtwin FROM PUBLIC;
    IF reader THEN
        GRANT USAGE ON SCHEMA gridtwin, grid TO gridtwin_reader;
        GRANT SELECT ON ALL TABLES IN SCHEMA gridtwin, grid TO gridtwin_reader;
        REVOKE ALL ON gridtwin.audit FROM gridtwin_reader;
    END IF;
    IF operator THEN
        GRANT USAGE ON SCHEMA gridtwin, grid TO gridtwin_operator;
        GRANT SELECT ON ALL TABLES IN SCHEMA gridtwin, grid TO gridtwin_operator;
        GRANT INSERT, UPDATE, DELETE ON
            gridtwin.states, gridtwin.state_switches, gridtwin.events, gridtwin.node_topology,
            gridtwin.equipment_topology, gridtwin.segments, gridtwin.chords, gridtwin.outages,
            gridtwin.outage_usage_points, gridtwin.erm_current, gridtwin.erm_usage_points,
            gridtwin.erm_zones, gridtwin.specs
            TO gridtwin_operator;
        GRANT INSERT, UPDATE, DELETE ON
            gridtwin.live_events, gridtwin.live_places, gridtwin.live_letters,
            gridtwin.outage_alerts
            TO gridtwin_operator;
        GRANT DELETE ON gridtwin.mirrored_blocks TO gridtwin_operator;
        GRANT INSERT ON gridtwin.outage_evidence, gridtwin.erm_history, gridtwin.erm_runs
            TO gridtwin_operator;
        REVOKE ALL ON gridtwin.audit FROM gridtwin_operator;
    END IF;
    IF owner THEN
        GRANT USAGE, CREATE ON SCHEMA gridtwin TO gridtwin_owner;
        GRANT USAGE ON SCHEMA grid TO gridtwin_owner;
        GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA gridtwin
            TO gridtwin_owner;
        GRANT SELECT ON ALL TABLES IN SCHEMA grid TO gridtwin_owner;
        REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON gridtwin.audit, gridtwin.migrations
            FROM gridtwin_owner;
        REVOKE UPDATE, DELETE, TRUNCATE ON gridtwin.outage_evidence, gridtwin.erm_history
            FROM gridtwin_owner;
    END IF;
    FOR called IN
        SELECT p.oid::regprocedure AS signature, p.provolatile = 'v' AS changes
        FROM pg_proc p
        WHERE p.pronamespace = 'gridtwin'::regnamespace
            AND p.prorettype <> 'trigger'::regtype
            AND p.oid <> 'gridtwin.grant_roles()'::regprocedure
    LOOP
        IF reader AND NOT called.changes THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gridtwin_reader', called.signature);
        END IF;
        IF operator THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gridtwin_operator', called.signature);
        END IF;
        IF owner THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO gridtwin_owner', called.signature);
        END IF;
    END LOOP;
END
$$;

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (10, 'live');

COMMIT;
