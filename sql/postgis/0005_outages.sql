-- 0005: the life of outages, and the estimates of their end (ERM).
--
--   predicted -> confirmed -> partially_restored -> restored -> closed; the first two may turn out
--   invalid, and steps may be skipped. Nobody is in two open outages.
--
-- The rules stand here, so that they hold for every client: what follows what, nobody still out of
-- an outage that is over, and the counts of an outage, which follow its usage points.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0005_outages.sql URL

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- ---------------------------------------------------------------- outages

ALTER TABLE gridtwin.outages DROP CONSTRAINT outages_status_check;
ALTER TABLE gridtwin.outages DROP CONSTRAINT outages_check1;
UPDATE gridtwin.outages SET status = 'partially_restored' WHERE status = 'partly_restored';
UPDATE gridtwin.outages SET status = 'invalid' WHERE status = 'canceled';

ALTER TABLE gridtwin.outages
    ADD COLUMN phases text NOT NULL DEFAULT '',
    ADD COLUMN parent text REFERENCES gridtwin.outages (id),
    ADD COLUMN first_seen_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN confirmed_at timestamptz,
    ADD COLUMN closed_at timestamptz,
    ADD COLUMN etr_manual timestamptz,
    ADD COLUMN etr_crew timestamptz,
    ADD COLUMN customers_out int NOT NULL DEFAULT 0,
    ADD COLUMN momentary bool
        GENERATED ALWAYS AS (restored_at - began_at <= interval '5 min') STORED,
    ADD COLUMN revision bigint NOT NULL DEFAULT 1,
    ADD CHECK (status IN (
        'predicted', 'confirmed', 'partially_restored', 'restored', 'closed', 'invalid')),
    ADD CHECK (status NOT IN ('restored', 'closed') OR restored_at IS NOT NULL),
    ADD CHECK (customers_out BETWEEN 0 AND customers),
    ADD CHECK (parent <> id);

DROP INDEX gridtwin.outages_open;
CREATE INDEX outages_open ON gridtwin.outages (began_at)
    WHERE status IN ('predicted', 'confirmed', 'partially_restored');
CREATE INDEX outages_restored ON gridtwin.outages (restored_at);
CREATE INDEX outages_parent ON gridtwin.outages (parent);

ALTER TABLE gridtwin.outage_usage_points
    ADD COLUMN customers int NOT NULL DEFAULT 1 CHECK (customers >= 0);

-- What is written of an outage by people and by meters; no foreign key, so that it outlives it.
CREATE TABLE gridtwin.outage_evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    outage text NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL CHECK (kind <> ''),
    mrid text NOT NULL DEFAULT '',
    detail jsonb NOT NULL DEFAULT '{}',
    actor text NOT NULL DEFAULT '',
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX outage_evidence_outage ON gridtwin.outage_evidence (outage, at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON gridtwin.outage_evidence
    FOR EACH STATEMENT
    EXECUTE FUNCTION gridtwin.refuse_change('rows are added, never changed or deleted');

-- ---------------------------------------------------------------- estimates

DROP TABLE gridtwin.estimates;
DROP TABLE gridtwin.estimates_history;

CREATE TABLE gridtwin.erm_runs (
    id text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    model text NOT NULL,
    state_version bigint NOT NULL,
    outages int NOT NULL,
    usage_points int NOT NULL,
    published int NOT NULL
);

CREATE TABLE gridtwin.erm_current (
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

-- One row answers a meter; it goes when the meter's supply is back.
CREATE TABLE gridtwin.erm_usage_points (
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

CREATE TABLE gridtwin.erm_history (
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

-- What is promised for a part of the territory in a storm.
CREATE TABLE gridtwin.erm_zones (
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

CREATE INDEX erm_history_outage ON gridtwin.erm_history (outage, issued_at);
CREATE INDEX erm_usage_points_outage ON gridtwin.erm_usage_points (outage);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON gridtwin.erm_history
    FOR EACH STATEMENT
    EXECUTE FUNCTION gridtwin.refuse_change('rows are added, never changed or deleted');
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.erm_zones
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('zone');
CREATE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.erm_zones
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON gridtwin.erm_current
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_audit('outage');
CREATE TRIGGER audited_truncate AFTER TRUNCATE ON gridtwin.erm_current
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.write_audit();

-- ---------------------------------------------------------------- rules

CREATE FUNCTION gridtwin.check_outage() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NEW.status <> OLD.status THEN
        IF (OLD.status, NEW.status) NOT IN (
            ('predicted', 'confirmed'), ('predicted', 'partially_restored'),
            ('predicted', 'restored'), ('predicted', 'invalid'),
            ('confirmed', 'partially_restored'), ('confirmed', 'restored'),
            ('confirmed', 'invalid'), ('partially_restored', 'restored'), ('restored', 'closed')
        ) THEN
            RAISE EXCEPTION 'outage % is %: it cannot become %', OLD.id, OLD.status, NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'outages_next';
        END IF;
        IF NEW.status IN ('restored', 'closed', 'invalid') AND EXISTS (
            SELECT FROM gridtwin.outage_usage_points p
            WHERE p.outage = NEW.id AND p.restored_at IS NULL
        ) THEN
            RAISE EXCEPTION 'outage % cannot be %: usage points in it are still out',
                NEW.id, NEW.status
                USING ERRCODE = 'check_violation', CONSTRAINT = 'outages_over';
        END IF;
    END IF;
    -- What is computed is not yet, before the row is written.
    IF to_jsonb(NEW) - 'momentary' <> to_jsonb(OLD) - 'momentary' THEN
        NEW.revision := OLD.revision + 1;
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER checked BEFORE UPDATE ON gridtwin.outages
    FOR EACH ROW EXECUTE FUNCTION gridtwin.check_outage();

CREATE FUNCTION gridtwin.tell_of_outages() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_notify('gridtwin',
        json_build_object('version', gridtwin.state_version(), 'changed', TG_ARGV[0])::text);
    RETURN NULL;
END
$$;

CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.outages
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_outages('outages');
CREATE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.erm_current
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_outages('estimates');

-- The counts of outages follow their usage points; an estimate goes with the last of its reason.
CREATE FUNCTION gridtwin.count_usage_points() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    over text;
BEGIN
    IF TG_OP <> 'DELETE' THEN
        SELECT o.id INTO over
        FROM added a
        JOIN gridtwin.outages o ON o.id = a.outage
        WHERE a.restored_at IS NULL AND o.status IN ('restored', 'closed', 'invalid')
        LIMIT 1;
        IF over IS NOT NULL THEN
            RAISE EXCEPTION 'outage % is over: nobody can be out in it', over
                USING ERRCODE = 'check_violation', CONSTRAINT = 'outages_over';
        END IF;
        UPDATE gridtwin.outages o
        SET customers = o.customers + c.customers, customers_out = o.customers_out + c.customers_out
        FROM (
            SELECT a.outage, sum(a.customers) AS customers,
                coalesce(sum(a.customers) FILTER (WHERE a.restored_at IS NULL), 0) AS customers_out
            FROM added a
            GROUP BY a.outage
        ) c
        WHERE o.id = c.outage;
        IF TG_OP = 'UPDATE' THEN
            DELETE FROM gridtwin.erm_usage_points e
            USING added a
            WHERE e.usage_point = a.usage_point AND e.outage = a.outage
                AND a.restored_at IS NOT NULL;
        END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        UPDATE gridtwin.outages o
        SET customers = o.customers - c.customers, customers_out = o.customers_out - c.customers_out
        FROM (
            SELECT r.outage, sum(r.customers) AS customers,
                coalesce(sum(r.customers) FILTER (WHERE r.restored_at IS NULL), 0) AS customers_out
            FROM removed r
            GROUP BY r.outage
        ) c
        WHERE o.id = c.outage;
        IF TG_OP = 'DELETE' THEN
            DELETE FROM gridtwin.erm_usage_points e
            USING removed r
            WHERE e.usage_point = r.usage_point AND e.outage = r.outage;
        END IF;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER counted_insert AFTER INSERT ON gridtwin.outage_usage_points
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.count_usage_points();
CREATE TRIGGER counted_update AFTER UPDATE ON gridtwin.outage_usage_points
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.count_usage_points();
CREATE TRIGGER counted_delete AFTER DELETE ON gridtwin.outage_usage_points
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.count_usage_points();

UPDATE gridtwin.outages o
SET customers = c.customers, customers_out = c.customers_out
FROM (
    SELECT p.outage, sum(p.customers) AS customers,
        coalesce(sum(p.customers) FILTER (WHERE p.restored_at IS NULL), 0) AS customers_out
    FROM gridtwin.outage_usage_points p
    GROUP BY p.outage
) c
WHERE o.id = c.outage;

-- ---------------------------------------------------------------- views

-- Customer-minutes are counted for each step of restoration, as IEEE 1366 has it.
CREATE VIEW gridtwin.outage_steps WITH (security_invoker = true) AS
SELECT
    p.outage,
    p.restored_at,
    count(*) AS usage_points,
    sum(p.customers) AS customers,
    sum(p.customers * extract(epoch FROM coalesce(p.restored_at, now()) - p.began_at) / 60)
        AS customer_minutes
FROM gridtwin.outage_usage_points p
GROUP BY p.outage, p.restored_at;

-- ---------------------------------------------------------------- comments

COMMENT ON COLUMN gridtwin.outages.status IS
    'predicted, confirmed, partially_restored, restored, closed or invalid';
COMMENT ON COLUMN gridtwin.outages.customers IS 'Customers in it, back or not';
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
COMMENT ON COLUMN gridtwin.outage_usage_points.customers IS 'Customers of the usage point';

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

COMMENT ON TABLE gridtwin.erm_runs IS 'Runs of the estimation that were written, each once';
COMMENT ON COLUMN gridtwin.erm_runs.id IS 'Id of the run; a run of the same id changes nothing';
COMMENT ON COLUMN gridtwin.erm_runs.started_at IS 'Time it estimated for';
COMMENT ON COLUMN gridtwin.erm_runs.finished_at IS 'When it was written';
COMMENT ON COLUMN gridtwin.erm_runs.model IS 'Model and version that estimated';
COMMENT ON COLUMN gridtwin.erm_runs.state_version IS 'Version of the current state it saw';
COMMENT ON COLUMN gridtwin.erm_runs.outages IS 'Open outages it estimated';
COMMENT ON COLUMN gridtwin.erm_runs.usage_points IS 'Usage points in them';
COMMENT ON COLUMN gridtwin.erm_runs.published IS 'Outages whose estimate became another';

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

COMMENT ON VIEW gridtwin.outage_steps IS 'Who came back when, for each outage';
COMMENT ON COLUMN gridtwin.outage_steps.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.outage_steps.restored_at IS 'When they came back; null = still out';
COMMENT ON COLUMN gridtwin.outage_steps.usage_points IS 'How many usage points came back';
COMMENT ON COLUMN gridtwin.outage_steps.customers IS 'How many customers those are';
COMMENT ON COLUMN gridtwin.outage_steps.customer_minutes IS
    'Their minutes without supply, up to now where they are still out';

COMMENT ON FUNCTION gridtwin.check_outage() IS
    'Refuse what cannot follow in the life of an outage, and count its changes';
COMMENT ON FUNCTION gridtwin.tell_of_outages() IS
    'Tell who listens that outages, or their estimates, changed';
COMMENT ON FUNCTION gridtwin.count_usage_points() IS
    'Keep the counts of outages in step with their usage points';

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

INSERT INTO gridtwin.migrations (number, name) VALUES (5, 'outages');

COMMIT;
