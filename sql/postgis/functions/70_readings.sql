-- Readings of meters: the days they are kept for, what meters hang on, and look-ups.
--
-- Keys begin with the time: what arrives is of the last intervals, so the part of an index that is
-- written stays small and in memory, however many days it spans. To follow one meter through time,
-- gridtwin.readings_of looks each of its intervals up by key.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- ---------------------------------------------------------------- days

-- Readings are cut by the day they are of, messages by the day they came.
CREATE OR REPLACE FUNCTION gridtwin.make_days(cuts text[], first date, last date) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    day date;
    cut text;
    name text;
    made int := 0;
BEGIN
    IF last - first > 3660 THEN
        RAISE EXCEPTION 'from % to % are too many days for one call', first, last;
    END IF;
    PERFORM pg_advisory_xact_lock(x'677269640003'::bigint);
    FOR day IN SELECT generate_series(first, last, interval '1 day')::date LOOP
        FOREACH cut IN ARRAY cuts LOOP
            name := cut || to_char(day, '_YYYYMMDD');
            IF to_regclass(format('gridtwin.%I', name)) IS NULL THEN
                -- Made beside its parent and attached: who reads or writes meanwhile goes on.
                EXECUTE format(
                    'CREATE TABLE gridtwin.%I'
                    ' (LIKE gridtwin.%I INCLUDING DEFAULTS INCLUDING INDEXES)', name, cut);
                EXECUTE format(
                    'ALTER TABLE gridtwin.%I ATTACH PARTITION gridtwin.%I'
                    ' FOR VALUES FROM (%L) TO (%L)',
                    cut, name, day || ' 00:00Z', (day + 1) || ' 00:00Z');
                made := made + 1;
            END IF;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION gridtwin.make_days(text[], date, date) IS
    'Make the parts of tables for some days (UTC); returns how many were made';

CREATE OR REPLACE FUNCTION gridtwin.drop_days(cuts text[], before date) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    name text;
    dropped int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(x'677269640003'::bigint);
    FOR name IN
        SELECT c.relname::text
        FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid
        JOIN pg_class p ON p.oid = i.inhparent
        WHERE p.relnamespace = 'gridtwin'::regnamespace
            AND p.relname = ANY (cuts)
            AND to_date(right(c.relname, 8), 'YYYYMMDD') < before
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE gridtwin.%I', name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION gridtwin.drop_days(text[], date) IS
    'Drop the parts of tables for all days before one; returns how many were dropped';

CREATE OR REPLACE FUNCTION gridtwin.make_reading_days(first date, last date) RETURNS int
LANGUAGE sql
BEGIN ATOMIC
    SELECT gridtwin.make_days(
        ARRAY['ami_silver', 'ami_gold', 'transformer_load'], first, last);
END;
COMMENT ON FUNCTION gridtwin.make_reading_days(date, date) IS
    'Make room for the readings of some days (UTC); returns how many tables were made';

CREATE OR REPLACE FUNCTION gridtwin.make_raw_days(first date, last date) RETURNS int
LANGUAGE sql
BEGIN ATOMIC
    SELECT gridtwin.make_days(ARRAY['ami_bronze'], first, last);
END;
COMMENT ON FUNCTION gridtwin.make_raw_days(date, date) IS
    'Make room for the messages that come on some days (UTC); returns how many tables were made';

CREATE OR REPLACE FUNCTION gridtwin.reading_days() RETURNS SETOF date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD')
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'gridtwin.ami_silver'::regclass
    ORDER BY 1;
END;
COMMENT ON FUNCTION gridtwin.reading_days() IS 'Days (UTC) that readings are kept for';

CREATE OR REPLACE FUNCTION gridtwin.drop_reading_days(before date) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    start timestamptz := before::timestamp AT TIME ZONE 'UTC';
BEGIN
    PERFORM gridtwin.close_load_days(before);
    DELETE FROM gridtwin.loads_due d WHERE d.reading_time < start;
    RETURN gridtwin.drop_days(ARRAY['ami_silver', 'ami_gold', 'transformer_load'], before);
END
$$;
COMMENT ON FUNCTION gridtwin.drop_reading_days(date) IS
    'Drop the readings of all days before one; returns how many tables were dropped';

CREATE OR REPLACE FUNCTION gridtwin.drop_raw_days(before date) RETURNS int
LANGUAGE sql
BEGIN ATOMIC
    SELECT gridtwin.drop_days(ARRAY['ami_bronze'], before);
END;
COMMENT ON FUNCTION gridtwin.drop_raw_days(date) IS
    'Drop the messages that came before a day; returns how many tables were dropped';

-- For cron or pg_cron where no worker runs that keeps house.
CREATE OR REPLACE FUNCTION gridtwin.forget_readings(older_than interval DEFAULT '7 days')
RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    dropped int;
    deleted bigint;
BEGIN
    dropped := gridtwin.drop_reading_days(((now() - older_than) AT TIME ZONE 'UTC')::date)
        + gridtwin.drop_raw_days(((now() - older_than) AT TIME ZONE 'UTC')::date);
    DELETE FROM gridtwin.meter_events e WHERE e.at < now() - older_than;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN dropped + deleted;
END
$$;
COMMENT ON FUNCTION gridtwin.forget_readings(interval) IS
    'Drop whole days of readings, and events of meters, that are older; returns how many';

-- ---------------------------------------------------------------- meters

CREATE OR REPLACE FUNCTION gridtwin.refresh_meters() RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_nestloop = off
AS $$
DECLARE
    changed bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(x'677269640004'::bigint);
    WITH hangs_on AS MATERIALIZED (
        SELECT u.row, u.mrid, e.mrid AS transformer, f.mrid AS feeder
        FROM gridtwin.usage_points u
        LEFT JOIN gridtwin.equipment e ON e.row = u.transformer
        LEFT JOIN gridtwin.node_topology t ON t.node = u.node AND t.segment > 0
        LEFT JOIN gridtwin.segments g ON g.segment = t.segment
        LEFT JOIN gridtwin.node_home h ON h.node = u.node
        LEFT JOIN gridtwin.feeders f ON f.row = coalesce(g.feeder, h.feeder)
    ), moved AS (
        UPDATE gridtwin.meters m
        SET transformer = o.transformer, feeder = o.feeder
        FROM hangs_on o
        WHERE o.mrid = m.mrid
            AND (m.transformer, m.feeder) IS DISTINCT FROM (o.transformer, o.feeder)
        RETURNING 1
    ), added AS (
        INSERT INTO gridtwin.meters (mrid, transformer, feeder)
        SELECT o.mrid, o.transformer, o.feeder
        FROM hangs_on o
        WHERE NOT EXISTS (SELECT FROM gridtwin.meters m WHERE m.mrid = o.mrid)
        ORDER BY o.row
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM added) INTO changed;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION gridtwin.refresh_meters() IS
    'Bring gridtwin.meters in step with the network and its switches; returns how many changed';

-- ---------------------------------------------------------------- look-ups

CREATE OR REPLACE FUNCTION gridtwin.readings_of(of text, first timestamptz, last timestamptz)
RETURNS TABLE (reading_time timestamptz, kwh real, voltage_v real, transformer text, feeder text)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 96
SET search_path FROM CURRENT SET enable_hashjoin = off SET enable_mergejoin = off
    SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    number int;
BEGIN
    SELECT m.meter INTO number FROM gridtwin.meters m WHERE m.mrid = of;
    RETURN QUERY
    -- One look-up by key for each interval, whatever is known of how many readings there are: as a
    -- join it may be planned while there are few, and read all of a day when there are many.
    SELECT g.reading_time, g.kwh, g.voltage_v, g.transformer, g.feeder
    FROM generate_series(
        to_timestamp(ceil(extract(epoch FROM first) / 900) * 900), last, interval '15 min') t (at)
    CROSS JOIN LATERAL (
        SELECT a.reading_time, a.kwh, a.voltage_v, a.transformer, a.feeder
        FROM gridtwin.ami_gold a
        WHERE a.reading_time = t.at AND a.meter = number
        LIMIT 1
    ) g
    ORDER BY 1;
END
$$;
COMMENT ON FUNCTION gridtwin.readings_of(text, timestamptz, timestamptz) IS
    'Readings of one meter from one time to another, both included';

CREATE OR REPLACE FUNCTION gridtwin.newest_interval() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT max(g.reading_time) FROM gridtwin.ami_gold g;
END;
COMMENT ON FUNCTION gridtwin.newest_interval() IS
    'End of the newest interval that was read; null = none';

CREATE OR REPLACE FUNCTION gridtwin.latest_reading(
    of text, newest timestamptz DEFAULT gridtwin.newest_interval(), within interval DEFAULT '1 day'
)
RETURNS SETOF gridtwin.ami_gold
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
SET search_path FROM CURRENT
AS $$
DECLARE
    number int;
    at timestamptz := newest;
BEGIN
    SELECT m.meter INTO number FROM gridtwin.meters m WHERE m.mrid = of;
    WHILE number IS NOT NULL AND at > newest - within LOOP
        RETURN QUERY SELECT * FROM gridtwin.ami_gold g WHERE g.reading_time = at AND g.meter = number;
        EXIT WHEN FOUND;
        at := at - interval '15 min';
    END LOOP;
END
$$;
COMMENT ON FUNCTION gridtwin.latest_reading(text, timestamptz, interval) IS
    'The latest reading of a meter, looking back from the newest interval for a while';

CREATE OR REPLACE VIEW gridtwin.ami_realtime WITH (security_invoker = true) AS
SELECT
    g.meter_id,
    g.reading_time,
    g.kwh,
    g.voltage_v,
    g.transformer,
    g.feeder,
    c.temperature_c,
    c.price_usd_mwh,
    g.meter
FROM gridtwin.ami_gold g
LEFT JOIN gridtwin.conditions c ON c."time" = g.reading_time;
COMMENT ON VIEW gridtwin.ami_realtime IS
    'The readings of the days that are kept, with weather and price as they are known now';
COMMENT ON COLUMN gridtwin.ami_realtime.meter_id IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.ami_realtime.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.ami_realtime.kwh IS
    'Energy of the interval in kilowatt-hours; below zero: received';
COMMENT ON COLUMN gridtwin.ami_realtime.voltage_v IS
    'Mean rms voltage of the interval, on a base of 120 V';
COMMENT ON COLUMN gridtwin.ami_realtime.transformer IS
    'mRID of its transformer as the reading came';
COMMENT ON COLUMN gridtwin.ami_realtime.feeder IS 'mRID of its feeder as the reading came';
COMMENT ON COLUMN gridtwin.ami_realtime.temperature_c IS 'Degrees Celsius; null = not known';
COMMENT ON COLUMN gridtwin.ami_realtime.price_usd_mwh IS
    'US dollars a megawatt-hour; null = not known';
COMMENT ON COLUMN gridtwin.ami_realtime.meter IS 'Number of the meter; see gridtwin.meters';

CREATE OR REPLACE VIEW grid.ami_realtime WITH (security_invoker = true) AS
SELECT
    u.mrid AS usage_point,
    r.reading_time AS at,
    r.voltage_v,
    r.kwh,
    r.voltage_v > 0 AS energized,
    u.customers,
    u.geometry
FROM (SELECT gridtwin.newest_interval() AS newest) n
CROSS JOIN gridtwin.usage_points u
LEFT JOIN LATERAL gridtwin.latest_reading(u.mrid, n.newest) r ON true;
COMMENT ON VIEW grid.ami_realtime IS 'The latest reading of each usage point';
COMMENT ON COLUMN grid.ami_realtime.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN grid.ami_realtime.at IS
    'End of the interval of its latest reading; null = none within a day of the newest';
COMMENT ON COLUMN grid.ami_realtime.voltage_v IS
    'Mean rms voltage of the interval, on a base of 120 V';
COMMENT ON COLUMN grid.ami_realtime.kwh IS
    'Energy of the interval in kilowatt-hours; below zero: received';
COMMENT ON COLUMN grid.ami_realtime.energized IS 'Whether there was voltage; null = not said';
COMMENT ON COLUMN grid.ami_realtime.customers IS 'Customers served there';
COMMENT ON COLUMN grid.ami_realtime.geometry IS 'Place, EPSG:4326';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/70_readings.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
