-- 0009: loads and voltages of feeders by interval, and transformers as questions of the history see
-- them.
--
-- feeder_load is small, a row for each feeder and interval, and outlives the readings: it is kept
-- when their days are dropped, until gridtwin.forget_feeder_loads.
--
-- Runs with psql alone, in one transaction: psql -v ON_ERROR_STOP=1 -f 0009_feeder_loads.sql URL

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.feeder_load (
    reading_time timestamptz,
    feeder text,
    kwh double precision,
    meters int NOT NULL,
    missing int NOT NULL,
    below_a int NOT NULL,
    above_a int NOT NULL,
    below_b int NOT NULL,
    above_b int NOT NULL,
    v_min real,
    v_max real,
    PRIMARY KEY (reading_time, feeder)
);

CREATE VIEW gridtwin.transformers WITH (security_invoker = true) AS
SELECT e.mrid AS transformer, e.mrid, e.rated_va / 1000 AS rated_kva
FROM gridtwin.equipment e
WHERE e.kind = 'power_transformer';

-- Ranges of service voltage of ANSI C84.1-2020, table 1, on a base of 120 V.
CREATE FUNCTION gridtwin.sum_feeder_loads(of timestamptz) RETURNS int
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

-- As in 0008, and feeders with it.
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
    PERFORM gridtwin.sum_feeder_loads(of);
    PERFORM pg_notify('gridtwin', json_build_object(
        'changed', 'ami', 'at', to_char(of AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    )::text);
    DELETE FROM gridtwin.loads_due d WHERE d.reading_time = of AND d.touched_at = mark;
    RETURN changed;
END
$$;

CREATE FUNCTION gridtwin.forget_feeder_loads(older_than interval DEFAULT '400 days') RETURNS bigint
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

COMMENT ON TABLE gridtwin.feeder_load IS
    'Load and voltages of each feeder and interval, from the readings of its meters';
COMMENT ON COLUMN gridtwin.feeder_load.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.feeder_load.feeder IS 'mRID of the feeder';
COMMENT ON COLUMN gridtwin.feeder_load.kwh IS 'Sum of the energies that are known; null = none is';
COMMENT ON COLUMN gridtwin.feeder_load.meters IS 'Meters it feeds';
COMMENT ON COLUMN gridtwin.feeder_load.missing IS 'Of those, without an energy';
COMMENT ON COLUMN gridtwin.feeder_load.below_a IS 'Meters below Range A of ANSI C84.1, 114 V on a base of 120 V';
COMMENT ON COLUMN gridtwin.feeder_load.above_a IS 'Meters above Range A, 126 V';
COMMENT ON COLUMN gridtwin.feeder_load.below_b IS 'Of those below Range A, below Range B, 110 V';
COMMENT ON COLUMN gridtwin.feeder_load.above_b IS 'Of those above Range A, above Range B, 127 V';
COMMENT ON COLUMN gridtwin.feeder_load.v_min IS 'Lowest voltage of a meter, on a base of 120 V';
COMMENT ON COLUMN gridtwin.feeder_load.v_max IS 'Highest voltage of a meter, on a base of 120 V';
COMMENT ON VIEW gridtwin.transformers IS 'Transformers and their ratings';
COMMENT ON COLUMN gridtwin.transformers.transformer IS 'Key in transformer_load: the mRID';
COMMENT ON COLUMN gridtwin.transformers.mrid IS 'mRID';
COMMENT ON COLUMN gridtwin.transformers.rated_kva IS 'Nameplate in kVA; null = not known';
COMMENT ON FUNCTION gridtwin.sum_feeder_loads(timestamptz) IS
    'Sum the readings of an interval by feeder; returns how many feeders changed';
COMMENT ON FUNCTION gridtwin.forget_feeder_loads(interval) IS
    'Delete loads of feeders that are older; returns how many';

DO $$ BEGIN PERFORM gridtwin.grant_roles(); END $$;

INSERT INTO gridtwin.migrations (number, name) VALUES (9, 'feeder_loads');

COMMIT;
