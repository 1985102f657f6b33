-- The rules of outages, which hold for every client: what follows what, nobody still out of an
-- outage that is over, the counts of an outage, which follow its usage points, and its alerts.
--
--   predicted -> confirmed -> partially_restored -> restored -> closed; the first two may turn out
--   invalid, and steps may be skipped. Nobody is in two open outages.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.check_outage() RETURNS trigger
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
COMMENT ON FUNCTION gridtwin.check_outage() IS
    'Refuse what cannot follow in the life of an outage, and count its changes';

CREATE OR REPLACE TRIGGER checked BEFORE UPDATE ON gridtwin.outages
    FOR EACH ROW EXECUTE FUNCTION gridtwin.check_outage();

CREATE OR REPLACE FUNCTION gridtwin.tell_of_outages() RETURNS trigger
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM pg_notify('gridtwin',
        json_build_object('version', gridtwin.state_version(), 'changed', TG_ARGV[0])::text);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION gridtwin.tell_of_outages() IS
    'Tell who listens that outages, or their estimates, changed';

CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.outages
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_outages('outages');
CREATE OR REPLACE TRIGGER told AFTER INSERT OR UPDATE OR DELETE ON gridtwin.erm_current
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.tell_of_outages('estimates');

-- The counts of outages follow their usage points; an estimate goes with the last of its reason.
CREATE OR REPLACE FUNCTION gridtwin.count_usage_points() RETURNS trigger
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
COMMENT ON FUNCTION gridtwin.count_usage_points() IS
    'Keep the counts of outages in step with their usage points';

CREATE OR REPLACE TRIGGER counted_insert AFTER INSERT ON gridtwin.outage_usage_points
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.count_usage_points();
CREATE OR REPLACE TRIGGER counted_update AFTER UPDATE ON gridtwin.outage_usage_points
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.count_usage_points();
CREATE OR REPLACE TRIGGER counted_delete AFTER DELETE ON gridtwin.outage_usage_points
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION gridtwin.count_usage_points();

-- It runs at the end of the transaction, when the counts of the outage are final: however often
-- its row was written, that is one change. An alert is named after all that it tells of.
CREATE OR REPLACE FUNCTION gridtwin.write_alert() RETURNS trigger
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
COMMENT ON FUNCTION gridtwin.write_alert() IS
    'Write the alert of a change of an outage or of its estimate';

-- Of constraint triggers there is no CREATE OR REPLACE.
DROP TRIGGER IF EXISTS alerted ON gridtwin.outages;
CREATE CONSTRAINT TRIGGER alerted AFTER INSERT OR UPDATE ON gridtwin.outages
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_alert('id');

DROP TRIGGER IF EXISTS alerted ON gridtwin.erm_current;
CREATE CONSTRAINT TRIGGER alerted AFTER INSERT OR UPDATE ON gridtwin.erm_current
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION gridtwin.write_alert('outage');

-- Customer-minutes are counted for each step of restoration, as IEEE 1366 has it.
CREATE OR REPLACE VIEW gridtwin.outage_steps WITH (security_invoker = true) AS
SELECT
    p.outage,
    p.restored_at,
    count(*) AS usage_points,
    sum(p.customers) AS customers,
    sum(p.customers * extract(epoch FROM coalesce(p.restored_at, now()) - p.began_at) / 60)
        AS customer_minutes
FROM gridtwin.outage_usage_points p
GROUP BY p.outage, p.restored_at;
COMMENT ON VIEW gridtwin.outage_steps IS 'Who came back when, for each outage';
COMMENT ON COLUMN gridtwin.outage_steps.outage IS 'Id of the outage';
COMMENT ON COLUMN gridtwin.outage_steps.restored_at IS 'When they came back; null = still out';
COMMENT ON COLUMN gridtwin.outage_steps.usage_points IS 'How many usage points came back';
COMMENT ON COLUMN gridtwin.outage_steps.customers IS 'How many customers those are';
COMMENT ON COLUMN gridtwin.outage_steps.customer_minutes IS
    'Their minutes without supply, up to now where they are still out';

CREATE OR REPLACE VIEW grid.open_outages WITH (security_invoker = true) AS
SELECT o.id, o.status, o.cause, o.planned, o.began_at, o.device, o.crew_status, o.customers, o.area
FROM gridtwin.outages o
WHERE o.restored_at IS NULL;
COMMENT ON VIEW grid.open_outages IS 'Outages that are open, with the area they lie in';
COMMENT ON COLUMN grid.open_outages.id IS 'Id of the outage';
COMMENT ON COLUMN grid.open_outages.status IS 'How far it is: predicted, confirmed ...';
COMMENT ON COLUMN grid.open_outages.cause IS 'Cause; empty = not known';
COMMENT ON COLUMN grid.open_outages.planned IS 'Whether it was planned';
COMMENT ON COLUMN grid.open_outages.began_at IS 'When it began';
COMMENT ON COLUMN grid.open_outages.device IS 'mRID of the device that operated; null = not known';
COMMENT ON COLUMN grid.open_outages.crew_status IS 'What the crew does; empty = not known';
COMMENT ON COLUMN grid.open_outages.customers IS 'Customers out';
COMMENT ON COLUMN grid.open_outages.area IS 'Where they are, EPSG:4326';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/65_outages.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
