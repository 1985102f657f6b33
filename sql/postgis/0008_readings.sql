-- 0008: readings of meters as they stream in: raw, deduplicated, joined, and loads of transformers.
--
-- What arrives is kept as it came (ami_bronze), once per meter and interval (ami_silver), with what
-- the meter hung on (ami_gold), and is read with weather and price (ami_realtime). All are cut by
-- day, so that old days are dropped and not deleted. A reading is of a meter's small number, not of
-- its row in the network: a sync renumbers rows, and readings stay true.
--
-- Keys begin with the time: what arrives is of the last intervals, so the part of an index that is
-- written stays small and in memory, however many days it spans. To follow one meter through time,
-- gridtwin.readings_of looks each of its intervals up by key.
--
-- Replaces gridtwin.readings of 0001.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0008_readings.sql URL

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP VIEW grid.ami_realtime;
DROP FUNCTION gridtwin.forget_readings(interval);
DROP TABLE gridtwin.readings;

-- ---------------------------------------------------------------- tables

CREATE TABLE gridtwin.meters (
    meter int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mrid text NOT NULL UNIQUE,
    transformer text,
    feeder text
);

CREATE TABLE gridtwin.conditions (
    "time" timestamptz PRIMARY KEY,
    temperature_c real,
    price_usd_mwh real,
    kafka_offset bigint NOT NULL DEFAULT -1
);

CREATE TABLE gridtwin.ami_bronze (
    received_at timestamptz NOT NULL DEFAULT now(),
    topic text NOT NULL,
    partition smallint NOT NULL,
    kafka_offset bigint NOT NULL,
    value bytea
) PARTITION BY RANGE (received_at);

CREATE TABLE gridtwin.ami_silver (
    reading_time timestamptz,
    meter int,
    kwh real,
    voltage_v real,
    kafka_offset bigint NOT NULL,
    partition smallint NOT NULL,
    PRIMARY KEY (reading_time, meter)
) PARTITION BY RANGE (reading_time);

CREATE TABLE gridtwin.ami_gold (
    reading_time timestamptz,
    meter int,
    kwh real,
    voltage_v real,
    meter_id text NOT NULL,
    transformer text,
    feeder text,
    PRIMARY KEY (reading_time, meter)
) PARTITION BY RANGE (reading_time);

CREATE TABLE gridtwin.transformer_load (
    reading_time timestamptz,
    transformer text,
    kwh double precision,
    meters int NOT NULL,
    v_min real,
    v_max real,
    PRIMARY KEY (reading_time, transformer)
) PARTITION BY RANGE (reading_time);

CREATE TABLE gridtwin.loads_due (
    reading_time timestamptz PRIMARY KEY,
    touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE gridtwin.stream_offsets (
    stream text,
    topic text,
    partition int,
    next_offset bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    worker text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stream, topic, partition)
) WITH (fillfactor = 50);

CREATE TABLE gridtwin.dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition int NOT NULL,
    kafka_offset bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    value bytea,
    replayed_at timestamptz,
    UNIQUE (topic, partition, kafka_offset)
);

CREATE INDEX ami_bronze_place ON gridtwin.ami_bronze USING brin (kafka_offset);

-- ---------------------------------------------------------------- days

-- Readings are cut by the day they are of, messages by the day they came.
CREATE FUNCTION gridtwin.make_days(cuts text[], first date, last date) RETURNS int
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

CREATE FUNCTION gridtwin.drop_days(cuts text[], before date) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    name text;
    dropped int := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(x'677269640003'::bigint);
    FOR name IN
        SELECT c.relname
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

CREATE FUNCTION gridtwin.make_reading_days(first date, last date) RETURNS int
LANGUAGE sql
BEGIN ATOMIC
    SELECT gridtwin.make_days(
        ARRAY['ami_silver', 'ami_gold', 'transformer_load'], first, last);
END;

CREATE FUNCTION gridtwin.make_raw_days(first date, last date) RETURNS int
LANGUAGE sql
BEGIN ATOMIC
    SELECT gridtwin.make_days(ARRAY['ami_bronze'], first, last);
END;

CREATE FUNCTION gridtwin.reading_days() RETURNS SETOF date
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD')
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'gridtwin.ami_silver'::regclass
    ORDER BY 1;
END;

CREATE FUNCTION gridtwin.drop_reading_days(before date) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    start timestamptz := before::timestamp AT TIME ZONE 'UTC';
BEGIN
    DELETE FROM gridtwin.loads_due d WHERE d.reading_time < start;
    DELETE FROM gridtwin.conditions c WHERE c."time" < start;
    RETURN gridtwin.drop_days(ARRAY['ami_silver', 'ami_gold', 'transformer_load'], before);
END
$$;

CREATE FUNCTION gridtwin.drop_raw_days(before date) RETURNS int
LANGUAGE sql
BEGIN ATOMIC
    SELECT gridtwin.drop_days(ARRAY['ami_bronze'], before);
END;

-- For cron or pg_cron where no worker runs that keeps house.
CREATE FUNCTION gridtwin.forget_readings(older_than interval DEFAULT '7 days') RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    dropped bigint;
    deleted bigint;
BEGIN
    dropped := gridtwin.drop_reading_days(((now() - older_than) AT TIME ZONE 'UTC')::date)
        + gridtwin.drop_raw_days(((now() - older_than) AT TIME ZONE 'UTC')::date);
    DELETE FROM gridtwin.meter_events e WHERE e.at < now() - older_than;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN dropped + deleted;
END
$$;

-- ---------------------------------------------------------------- meters

CREATE FUNCTION gridtwin.refresh_meters() RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_nestloop = off
AS $$
DECLARE
    changed bigint;
    added bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(x'677269640004'::bigint);
    CREATE TEMP TABLE hangs_on ON COMMIT DROP AS
    SELECT u.row, u.mrid, e.mrid AS transformer, f.mrid AS feeder
    FROM gridtwin.usage_points u
    LEFT JOIN gridtwin.equipment e ON e.row = u.transformer
    LEFT JOIN gridtwin.node_topology t ON t.node = u.node AND t.segment > 0
    LEFT JOIN gridtwin.segments g ON g.segment = t.segment
    LEFT JOIN gridtwin.node_home h ON h.node = u.node
    LEFT JOIN gridtwin.feeders f ON f.row = coalesce(g.feeder, h.feeder);
    UPDATE gridtwin.meters m
    SET transformer = o.transformer, feeder = o.feeder
    FROM hangs_on o
    WHERE o.mrid = m.mrid
        AND (m.transformer, m.feeder) IS DISTINCT FROM (o.transformer, o.feeder);
    GET DIAGNOSTICS changed = ROW_COUNT;
    INSERT INTO gridtwin.meters (mrid, transformer, feeder)
    SELECT o.mrid, o.transformer, o.feeder
    FROM hangs_on o
    WHERE NOT EXISTS (SELECT FROM gridtwin.meters m WHERE m.mrid = o.mrid)
    ORDER BY o.row;
    GET DIAGNOSTICS added = ROW_COUNT;
    DROP TABLE hangs_on;
    RETURN changed + added;
END
$$;

-- ---------------------------------------------------------------- who reads a partition

-- The row lock of a claim waits for a commit that is under way; what the former worker still holds
-- has an older epoch, and is refused.
CREATE FUNCTION gridtwin.claim_partition(
    stream text, topic text, partition int, worker text,
    OUT next_offset bigint, OUT epoch bigint
)
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO gridtwin.stream_offsets AS o (stream, topic, partition, epoch, worker)
    VALUES (claim_partition.stream, claim_partition.topic, claim_partition.partition, 1,
        claim_partition.worker)
    ON CONFLICT ON CONSTRAINT stream_offsets_pkey DO UPDATE
    SET epoch = o.epoch + 1, worker = excluded.worker, updated_at = clock_timestamp()
    RETURNING o.next_offset, o.epoch;
END;

-- ---------------------------------------------------------------- loads

-- What was touched after the sum was begun stays due: the mark goes only if it is still the same.
CREATE FUNCTION gridtwin.sum_loads(of timestamptz) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    mark timestamptz := (SELECT d.touched_at FROM gridtwin.loads_due d WHERE d.reading_time = of);
    changed int;
BEGIN
    INSERT INTO gridtwin.transformer_load AS t
        (reading_time, transformer, kwh, meters, v_min, v_max)
    SELECT of, g.transformer, sum(g.kwh::double precision), count(*), min(g.voltage_v),
        max(g.voltage_v)
    FROM gridtwin.ami_gold g
    WHERE g.reading_time = of AND g.transformer IS NOT NULL
    GROUP BY g.transformer
    ORDER BY g.transformer
    ON CONFLICT (reading_time, transformer) DO UPDATE
    SET kwh = excluded.kwh, meters = excluded.meters, v_min = excluded.v_min,
        v_max = excluded.v_max
    WHERE (t.kwh, t.meters, t.v_min, t.v_max)
        IS DISTINCT FROM (excluded.kwh, excluded.meters, excluded.v_min, excluded.v_max);
    GET DIAGNOSTICS changed = ROW_COUNT;
    PERFORM pg_notify('gridtwin', json_build_object(
        'changed', 'ami', 'at', to_char(of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    )::text);
    DELETE FROM gridtwin.loads_due d WHERE d.reading_time = of AND d.touched_at = mark;
    RETURN changed;
END
$$;

-- ---------------------------------------------------------------- look-ups

CREATE FUNCTION gridtwin.readings_of(of text, first timestamptz, last timestamptz)
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
    SELECT g.reading_time, g.kwh, g.voltage_v, g.transformer, g.feeder
    FROM generate_series(
        to_timestamp(ceil(extract(epoch FROM first) / 900) * 900), last, interval '15 min') t (at)
    JOIN gridtwin.ami_gold g ON g.reading_time = t.at AND g.meter = number
    ORDER BY 1;
END
$$;

CREATE FUNCTION gridtwin.newest_interval() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT max(g.reading_time) FROM gridtwin.ami_gold g;
END;

CREATE FUNCTION gridtwin.latest_reading(
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

CREATE VIEW gridtwin.ami_realtime WITH (security_invoker = true) AS
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

CREATE VIEW grid.ami_realtime WITH (security_invoker = true) AS
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

-- ---------------------------------------------------------------- comments

COMMENT ON TABLE gridtwin.meters IS
    'A small number for every meter that was ever known here, and what it hangs on now';
COMMENT ON COLUMN gridtwin.meters.meter IS 'Number of the meter in the tables of readings';
COMMENT ON COLUMN gridtwin.meters.mrid IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.meters.transformer IS 'mRID of the transformer that serves it; null = not recorded';
COMMENT ON COLUMN gridtwin.meters.feeder IS
    'mRID of the feeder that supplies it; of the one it belongs to, where none does; null = none';

COMMENT ON TABLE gridtwin.conditions IS 'Weather and price, by interval of 15 minutes';
COMMENT ON COLUMN gridtwin.conditions."time" IS 'End of the interval';
COMMENT ON COLUMN gridtwin.conditions.temperature_c IS 'Degrees Celsius; null = not given';
COMMENT ON COLUMN gridtwin.conditions.price_usd_mwh IS 'US dollars a megawatt-hour; null = not given';
COMMENT ON COLUMN gridtwin.conditions.kafka_offset IS 'Offset of the message; the highest counts';

COMMENT ON TABLE gridtwin.ami_bronze IS 'Messages as they came, also those that could not be used';
COMMENT ON COLUMN gridtwin.ami_bronze.received_at IS 'When the batch was written that it came in';
COMMENT ON COLUMN gridtwin.ami_bronze.topic IS 'Topic it came from';
COMMENT ON COLUMN gridtwin.ami_bronze.partition IS 'Partition of the topic';
COMMENT ON COLUMN gridtwin.ami_bronze.kafka_offset IS 'Offset in the partition';
COMMENT ON COLUMN gridtwin.ami_bronze.value IS 'The message; null where it was empty';

COMMENT ON TABLE gridtwin.ami_silver IS
    'Readings of meters, one for each meter and interval: that of the highest offset';
COMMENT ON COLUMN gridtwin.ami_silver.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.ami_silver.meter IS 'Number of the meter; see gridtwin.meters';
COMMENT ON COLUMN gridtwin.ami_silver.kwh IS 'Energy of the interval in kilowatt-hours; below zero: received';
COMMENT ON COLUMN gridtwin.ami_silver.voltage_v IS 'Mean rms voltage of the interval, on a base of 120 V';
COMMENT ON COLUMN gridtwin.ami_silver.kafka_offset IS 'Offset of the message';
COMMENT ON COLUMN gridtwin.ami_silver.partition IS 'Partition the message came from';

COMMENT ON TABLE gridtwin.ami_gold IS 'The readings of ami_silver with what the meter hung on as they came';
COMMENT ON COLUMN gridtwin.ami_gold.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.ami_gold.meter IS 'Number of the meter; see gridtwin.meters';
COMMENT ON COLUMN gridtwin.ami_gold.kwh IS 'Energy of the interval in kilowatt-hours; below zero: received';
COMMENT ON COLUMN gridtwin.ami_gold.voltage_v IS 'Mean rms voltage of the interval, on a base of 120 V';
COMMENT ON COLUMN gridtwin.ami_gold.meter_id IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.ami_gold.transformer IS 'mRID of its transformer; null = not recorded';
COMMENT ON COLUMN gridtwin.ami_gold.feeder IS 'mRID of its feeder; null = none';

COMMENT ON TABLE gridtwin.transformer_load IS 'Load of each transformer and interval, from the readings of its meters';
COMMENT ON COLUMN gridtwin.transformer_load.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.transformer_load.transformer IS 'mRID of the transformer';
COMMENT ON COLUMN gridtwin.transformer_load.kwh IS 'Sum of the energies that are known; null = none is';
COMMENT ON COLUMN gridtwin.transformer_load.meters IS 'Meters that were read';
COMMENT ON COLUMN gridtwin.transformer_load.v_min IS 'Lowest voltage of a meter, on a base of 120 V';
COMMENT ON COLUMN gridtwin.transformer_load.v_max IS 'Highest voltage of a meter, on a base of 120 V';

COMMENT ON TABLE gridtwin.loads_due IS 'Intervals with readings that transformer_load does not count yet';
COMMENT ON COLUMN gridtwin.loads_due.reading_time IS 'End of the interval';
COMMENT ON COLUMN gridtwin.loads_due.touched_at IS 'When the last such reading was written';

COMMENT ON TABLE gridtwin.stream_offsets IS
    'How far each partition of a topic has been read; written with the readings, in one transaction';
COMMENT ON COLUMN gridtwin.stream_offsets.stream IS 'Name of the consumer group';
COMMENT ON COLUMN gridtwin.stream_offsets.topic IS 'Topic';
COMMENT ON COLUMN gridtwin.stream_offsets.partition IS 'Partition of the topic';
COMMENT ON COLUMN gridtwin.stream_offsets.next_offset IS 'Offset of the first message not read yet';
COMMENT ON COLUMN gridtwin.stream_offsets.epoch IS
    'How often the partition was claimed; a worker with an older one may not write';
COMMENT ON COLUMN gridtwin.stream_offsets.worker IS 'Who claimed it last';
COMMENT ON COLUMN gridtwin.stream_offsets.updated_at IS 'When it was last written';

COMMENT ON TABLE gridtwin.dead_letters IS 'Messages that could not be used, and why';
COMMENT ON COLUMN gridtwin.dead_letters.id IS 'Number';
COMMENT ON COLUMN gridtwin.dead_letters.topic IS 'Topic it came from';
COMMENT ON COLUMN gridtwin.dead_letters.partition IS 'Partition of the topic';
COMMENT ON COLUMN gridtwin.dead_letters.kafka_offset IS 'Offset in the partition';
COMMENT ON COLUMN gridtwin.dead_letters.received_at IS 'When it was set apart';
COMMENT ON COLUMN gridtwin.dead_letters.reason IS 'What is wrong with it';
COMMENT ON COLUMN gridtwin.dead_letters.value IS 'The message; null where it was empty';
COMMENT ON COLUMN gridtwin.dead_letters.replayed_at IS 'When it was taken after all; null = not yet';

COMMENT ON FUNCTION gridtwin.make_days(text[], date, date) IS
    'Make the parts of tables for some days (UTC); returns how many were made';
COMMENT ON FUNCTION gridtwin.drop_days(text[], date) IS
    'Drop the parts of tables for all days before one; returns how many were dropped';
COMMENT ON FUNCTION gridtwin.make_reading_days(date, date) IS
    'Make room for the readings of some days (UTC); returns how many tables were made';
COMMENT ON FUNCTION gridtwin.make_raw_days(date, date) IS
    'Make room for the messages that come on some days (UTC); returns how many tables were made';
COMMENT ON FUNCTION gridtwin.drop_raw_days(date) IS
    'Drop the messages that came before a day; returns how many tables were dropped';
COMMENT ON FUNCTION gridtwin.reading_days() IS 'Days (UTC) that readings are kept for';
COMMENT ON FUNCTION gridtwin.drop_reading_days(date) IS
    'Drop the readings of all days before one; returns how many tables were dropped';
COMMENT ON FUNCTION gridtwin.forget_readings(interval) IS
    'Drop whole days of readings, and events of meters, that are older; returns how many';
COMMENT ON FUNCTION gridtwin.refresh_meters() IS
    'Bring gridtwin.meters in step with the network and its switches; returns how many changed';
COMMENT ON FUNCTION gridtwin.claim_partition(text, text, int, text) IS
    'Take a partition over from whoever read it; returns where to go on and the epoch to write with';
COMMENT ON FUNCTION gridtwin.sum_loads(timestamptz) IS
    'Sum the readings of an interval by transformer; returns how many loads changed';
COMMENT ON FUNCTION gridtwin.readings_of(text, timestamptz, timestamptz) IS
    'Readings of one meter from one time to another, both included';
COMMENT ON FUNCTION gridtwin.newest_interval() IS 'End of the newest interval that was read; null = none';
COMMENT ON FUNCTION gridtwin.latest_reading(text, timestamptz, interval) IS
    'The latest reading of a meter, looking back from the newest interval for a while';

COMMENT ON VIEW gridtwin.ami_realtime IS
    'The readings of the days that are kept, with weather and price as they are known now';
COMMENT ON COLUMN gridtwin.ami_realtime.meter_id IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.ami_realtime.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.ami_realtime.kwh IS 'Energy of the interval in kilowatt-hours; below zero: received';
COMMENT ON COLUMN gridtwin.ami_realtime.voltage_v IS 'Mean rms voltage of the interval, on a base of 120 V';
COMMENT ON COLUMN gridtwin.ami_realtime.transformer IS 'mRID of its transformer as the reading came';
COMMENT ON COLUMN gridtwin.ami_realtime.feeder IS 'mRID of its feeder as the reading came';
COMMENT ON COLUMN gridtwin.ami_realtime.temperature_c IS 'Degrees Celsius; null = not known';
COMMENT ON COLUMN gridtwin.ami_realtime.price_usd_mwh IS 'US dollars a megawatt-hour; null = not known';
COMMENT ON COLUMN gridtwin.ami_realtime.meter IS 'Number of the meter; see gridtwin.meters';

COMMENT ON VIEW grid.ami_realtime IS 'The latest reading of each usage point';
COMMENT ON COLUMN grid.ami_realtime.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN grid.ami_realtime.at IS
    'End of the interval of its latest reading; null = none within a day of the newest';
COMMENT ON COLUMN grid.ami_realtime.voltage_v IS 'Mean rms voltage of the interval, on a base of 120 V';
COMMENT ON COLUMN grid.ami_realtime.kwh IS 'Energy of the interval in kilowatt-hours; below zero: received';
COMMENT ON COLUMN grid.ami_realtime.energized IS 'Whether there was voltage; null = not said';
COMMENT ON COLUMN grid.ami_realtime.customers IS 'Customers served there';
COMMENT ON COLUMN grid.ami_realtime.geometry IS 'Place, EPSG:4326';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (8, 'readings');

COMMIT;
