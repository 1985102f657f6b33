-- Loads of transformers and feeders, summed from the readings of an interval, and who reads which
-- partition of the readings.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- The row lock of a claim waits for a commit that is under way; what the former worker still holds
-- has an older epoch, and is refused.
CREATE OR REPLACE FUNCTION gridtwin.claim_partition(
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
COMMENT ON FUNCTION gridtwin.claim_partition(text, text, int, text) IS
    'Take a partition over from whoever read it; returns where to go on and the epoch to write with';

CREATE OR REPLACE VIEW gridtwin.transformers WITH (security_invoker = true) AS
SELECT e.mrid AS transformer, e.mrid, e.rated_va / 1000 AS rated_kva
FROM gridtwin.equipment e
WHERE e.kind = 'power_transformer';
COMMENT ON VIEW gridtwin.transformers IS 'Transformers and their ratings';
COMMENT ON COLUMN gridtwin.transformers.transformer IS 'Key in transformer_load: the mRID';
COMMENT ON COLUMN gridtwin.transformers.mrid IS 'mRID';
COMMENT ON COLUMN gridtwin.transformers.rated_kva IS 'Nameplate in kVA; null = not known';

CREATE OR REPLACE FUNCTION gridtwin.read_load_zone(own jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT nullif(
        CASE jsonb_typeof(own -> 'load_zone')
            WHEN 'number' THEN trim_scale((own ->> 'load_zone')::numeric)::text
            ELSE own ->> 'load_zone'
        END, '');
END;
COMMENT ON FUNCTION gridtwin.read_load_zone(jsonb) IS
    'The load zone that the own columns of a row name, numbers without a point; null = none';

CREATE OR REPLACE VIEW gridtwin.transformer_zones WITH (security_invoker = true) AS
SELECT m.transformer, max(z.load_zone COLLATE "C") AS load_zone
FROM gridtwin.meters m
JOIN gridtwin.usage_points u ON u.mrid = m.mrid
LEFT JOIN gridtwin.feeders f ON f.mrid = m.feeder
LEFT JOIN gridtwin.substations s ON s.row = f.substation
CROSS JOIN LATERAL (
    SELECT coalesce(
        gridtwin.read_load_zone(u.own), gridtwin.read_load_zone(f.own),
        gridtwin.read_load_zone(s.own)
    )
) z (load_zone)
WHERE m.transformer IS NOT NULL AND z.load_zone IS NOT NULL
    AND EXISTS (SELECT FROM gridtwin.zone_prices)
GROUP BY m.transformer;
COMMENT ON VIEW gridtwin.transformer_zones IS
    'Load zones of transformers, while there are prices of zones: that of the meters they serve';
COMMENT ON COLUMN gridtwin.transformer_zones.transformer IS 'mRID of the transformer';
COMMENT ON COLUMN gridtwin.transformer_zones.load_zone IS
    'Own column load_zone of its usage points, else of their feeder, else of the substation';

-- Ranges of service voltage of ANSI C84.1-2020, table 1, on a base of 120 V.
CREATE OR REPLACE FUNCTION gridtwin.sum_feeder_loads(of timestamptz) RETURNS int
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    changed int;
BEGIN
    INSERT INTO gridtwin.feeder_load AS t
        (reading_time, feeder, kwh, meters, missing, below_a, above_a, below_b, above_b, v_min,
        v_max)
    SELECT
        of,
        g.feeder,
        sum(g.kwh::double precision),
        greatest(m.meters, count(*)),
        greatest(m.meters - count(g.kwh), 0),
        count(*) FILTER (WHERE g.voltage_v < 114),
        count(*) FILTER (WHERE g.voltage_v > 126),
        count(*) FILTER (WHERE g.voltage_v < 110),
        count(*) FILTER (WHERE g.voltage_v > 127),
        min(g.voltage_v),
        max(g.voltage_v)
    FROM gridtwin.ami_gold g
    JOIN (
        SELECT n.feeder, count(*) AS meters
        FROM gridtwin.meters n
        WHERE n.feeder IS NOT NULL
        GROUP BY n.feeder
    ) m ON m.feeder = g.feeder
    WHERE g.reading_time = of
    GROUP BY g.feeder, m.meters
    ORDER BY g.feeder
    ON CONFLICT (reading_time, feeder) DO UPDATE
    SET kwh = excluded.kwh, meters = excluded.meters, missing = excluded.missing,
        below_a = excluded.below_a, above_a = excluded.above_a, below_b = excluded.below_b,
        above_b = excluded.above_b, v_min = excluded.v_min, v_max = excluded.v_max
    WHERE (t.kwh, t.meters, t.missing, t.below_a, t.above_a, t.below_b, t.above_b, t.v_min, t.v_max)
        IS DISTINCT FROM (excluded.kwh, excluded.meters, excluded.missing, excluded.below_a,
            excluded.above_a, excluded.below_b, excluded.above_b, excluded.v_min, excluded.v_max);
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION gridtwin.sum_feeder_loads(timestamptz) IS
    'Sum the readings of an interval by feeder; returns how many feeders changed';

-- What was touched after the sum was begun stays due: the mark goes only if it is still the same.
CREATE OR REPLACE FUNCTION gridtwin.sum_loads(of timestamptz) RETURNS int
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
    PERFORM gridtwin.touch_load_day((of AT TIME ZONE 'UTC')::date) WHERE changed > 0;
    PERFORM gridtwin.sum_feeder_loads(of);
    PERFORM pg_notify('gridtwin', json_build_object(
        'changed', 'ami', 'at', to_char(of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    )::text);
    DELETE FROM gridtwin.loads_due d WHERE d.reading_time = of AND d.touched_at = mark;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION gridtwin.sum_loads(timestamptz) IS
    'Sum the readings of an interval by transformer; returns how many loads changed';

-- What questions of weeks ask: rows of one interval here, of a whole day where sums of days are kept.
CREATE OR REPLACE VIEW gridtwin.transformer_period_load WITH (security_invoker = true) AS
SELECT
    t.reading_time AS first_at,
    t.reading_time AS last_at,
    t.transformer,
    1 AS intervals,
    abs(t.kwh) AS lowest_kwh,
    abs(t.kwh) AS highest_kwh
FROM gridtwin.transformer_load t;
COMMENT ON VIEW gridtwin.transformer_period_load IS
    'Loads of transformers as questions of weeks count them, whichever way they flow';
COMMENT ON COLUMN gridtwin.transformer_period_load.first_at IS 'End of the first interval';
COMMENT ON COLUMN gridtwin.transformer_period_load.last_at IS 'End of the last interval';
COMMENT ON COLUMN gridtwin.transformer_period_load.transformer IS 'mRID of the transformer';
COMMENT ON COLUMN gridtwin.transformer_period_load.intervals IS 'Intervals of 15 minutes';
COMMENT ON COLUMN gridtwin.transformer_period_load.lowest_kwh IS
    'Energy of the interval with the least; null = not known';
COMMENT ON COLUMN gridtwin.transformer_period_load.highest_kwh IS
    'Energy of the interval with the most; null = not known';

CREATE OR REPLACE VIEW gridtwin.feeder_period_load WITH (security_invoker = true) AS
SELECT
    f.reading_time AS first_at,
    f.reading_time AS last_at,
    f.feeder,
    CASE WHEN f.kwh IS NULL THEN 0 ELSE 1 END AS intervals,
    f.kwh,
    f.kwh AS peak_kwh,
    f.reading_time AS peak_kwh_at,
    f.below_a,
    f.above_a,
    f.below_b,
    f.above_b,
    f.v_min,
    f.reading_time AS v_min_at,
    f.v_max,
    f.reading_time AS v_max_at
FROM gridtwin.feeder_load f;
COMMENT ON VIEW gridtwin.feeder_period_load IS
    'Loads and voltages of feeders as questions of weeks add them up';
COMMENT ON COLUMN gridtwin.feeder_period_load.first_at IS 'End of the first interval';
COMMENT ON COLUMN gridtwin.feeder_period_load.last_at IS 'End of the last interval';
COMMENT ON COLUMN gridtwin.feeder_period_load.feeder IS 'mRID of the feeder';
COMMENT ON COLUMN gridtwin.feeder_period_load.intervals IS 'Intervals with an energy';
COMMENT ON COLUMN gridtwin.feeder_period_load.kwh IS 'Sum of their energies; null = none is known';
COMMENT ON COLUMN gridtwin.feeder_period_load.peak_kwh IS 'Energy of the interval with the most';
COMMENT ON COLUMN gridtwin.feeder_period_load.peak_kwh_at IS 'End of the first such interval';
COMMENT ON COLUMN gridtwin.feeder_period_load.below_a IS
    'Meters below Range A of ANSI C84.1, of all intervals';
COMMENT ON COLUMN gridtwin.feeder_period_load.above_a IS 'Meters above Range A';
COMMENT ON COLUMN gridtwin.feeder_period_load.below_b IS 'Of those below Range A, below Range B';
COMMENT ON COLUMN gridtwin.feeder_period_load.above_b IS 'Of those above Range A, above Range B';
COMMENT ON COLUMN gridtwin.feeder_period_load.v_min IS
    'Lowest voltage of a meter, on a base of 120 V';
COMMENT ON COLUMN gridtwin.feeder_period_load.v_min_at IS 'End of the first interval with it';
COMMENT ON COLUMN gridtwin.feeder_period_load.v_max IS
    'Highest voltage of a meter, on a base of 120 V';
COMMENT ON COLUMN gridtwin.feeder_period_load.v_max_at IS 'End of the first interval with it';

CREATE OR REPLACE VIEW gridtwin.territory_load WITH (security_invoker = true) AS
SELECT f.reading_time, sum(f.kwh) AS kwh
FROM gridtwin.feeder_load f
GROUP BY f.reading_time;
COMMENT ON VIEW gridtwin.territory_load IS 'Load of all feeders together by interval';
COMMENT ON COLUMN gridtwin.territory_load.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.territory_load.kwh IS
    'Sum of the energies that are known; null = none is';

CREATE OR REPLACE FUNCTION gridtwin.forget_feeder_loads(older_than interval DEFAULT '400 days')
RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    deleted bigint;
BEGIN
    DELETE FROM gridtwin.feeder_load f WHERE f.reading_time < now() - older_than;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    RETURN deleted;
END
$$;
COMMENT ON FUNCTION gridtwin.forget_feeder_loads(interval) IS
    'Delete loads of feeders that are older; returns how many';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/75_loads.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
