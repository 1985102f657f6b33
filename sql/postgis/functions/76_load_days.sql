-- Loads of transformers by day: made once a day has come to rest, and kept when its readings go.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.touch_load_day(of date) RETURNS void
LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO gridtwin.load_days AS d (day) VALUES (of)
    ON CONFLICT (day) DO UPDATE SET touched_at = clock_timestamp(), summed_at = NULL
    WHERE NOT d.closed;
END;
COMMENT ON FUNCTION gridtwin.touch_load_day(date) IS
    'Say that loads of a day were written: it is due to be summed';

-- Blocks hold 64 transformers that follow in the network; what is new goes into new ones.
CREATE OR REPLACE FUNCTION gridtwin.assign_blocks(start timestamptz) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    assigned bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(x'677269640007'::bigint);
    INSERT INTO gridtwin.transformer_blocks (transformer, block)
    SELECT
        n.transformer,
        coalesce((SELECT max(b.block) + 1 FROM gridtwin.transformer_blocks b), 0)
            + (row_number() OVER (ORDER BY n.row, n.transformer) - 1)::int / 64
    FROM (
        SELECT t.transformer, min(e.row) AS row
        FROM gridtwin.transformer_load t
        LEFT JOIN gridtwin.equipment e ON e.mrid = t.transformer
        WHERE t.reading_time >= start AND t.reading_time < start + interval '1 day'
            AND NOT EXISTS (
                SELECT FROM gridtwin.transformer_blocks b WHERE b.transformer = t.transformer)
        GROUP BY t.transformer
    ) n;
    GET DIAGNOSTICS assigned = ROW_COUNT;
    RETURN assigned;
END
$$;
COMMENT ON FUNCTION gridtwin.assign_blocks(timestamptz) IS
    'Give the transformers with loads on a day a block, where they have none; returns how many';

CREATE OR REPLACE FUNCTION gridtwin.is_load_above(
    kwh double precision[], bound double precision
)
RETURNS bool
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN kwh[cardinality(kwh)] > bound OR kwh[1] < -bound;
COMMENT ON FUNCTION gridtwin.is_load_above(double precision[], double precision) IS
    'Whether any of some rising energies is above a bound, whichever way it flows';

CREATE OR REPLACE FUNCTION gridtwin.count_loads_above(
    kwh double precision[], bound double precision
)
RETURNS TABLE (known int, above int, below int)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
    SELECT
        cardinality(kwh),
        cardinality(kwh) - width_bucket(bound, kwh),
        CASE
            WHEN kwh[1] >= -bound THEN 0
            ELSE (SELECT count(*)::int FROM unnest(kwh) u (energy) WHERE u.energy < -bound)
        END
    OFFSET 0; -- counted once where it becomes part of a query
END;
COMMENT ON FUNCTION gridtwin.count_loads_above(double precision[], double precision) IS
    'How many rising energies there are, how many are above a bound, and how many below its negative';

CREATE OR REPLACE FUNCTION gridtwin.list_loads_above(
    kwh double precision[], slots smallint[], bound double precision
)
RETURNS TABLE (energy double precision, slot smallint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT u.energy, u.slot
    FROM gridtwin.count_loads_above(kwh, bound) n
    CROSS JOIN LATERAL unnest(
        kwh[1:n.below] || kwh[n.known - n.above + 1:n.known],
        slots[1:n.below] || slots[n.known - n.above + 1:n.known]
    ) u (energy, slot);
END;
COMMENT ON FUNCTION gridtwin.list_loads_above(double precision[], smallint[], double precision) IS
    'Those of some rising energies that are above a bound, whichever way they flow';

CREATE OR REPLACE FUNCTION gridtwin.pick_heavy_loads(of date, share double precision)
RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT SET work_mem = '128MB' SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
    written bigint;
BEGIN
    INSERT INTO gridtwin.load_nameplates (transformer, rated_kva)
    SELECT t.transformer, r.rated_kva
    FROM gridtwin.transformer_day_load t
    LEFT JOIN gridtwin.transformers r ON r.transformer = t.transformer
    WHERE t.day = of
    EXCEPT
    SELECT p.transformer, p.rated_kva FROM gridtwin.load_nameplates p;
    DELETE FROM gridtwin.heavy_load h WHERE h.day = of;
    INSERT INTO gridtwin.heavy_load (day, slot, rated_kva, nameplates, kwh)
    SELECT
        of, u.slot, p.rated_kva, array_agg(p.number ORDER BY abs(u.energy)),
        array_agg(abs(u.energy) ORDER BY abs(u.energy))
    FROM gridtwin.transformer_day_load t
    JOIN gridtwin.transformers r ON r.transformer = t.transformer
    JOIN gridtwin.load_nameplates p
        ON p.transformer = r.transformer AND p.rated_kva = r.rated_kva
    CROSS JOIN LATERAL
        gridtwin.list_loads_above(t.kwh, t.slots, p.rated_kva * share / 4) u
    WHERE t.day = of
    GROUP BY u.slot, p.rated_kva;
    GET DIAGNOSTICS written = ROW_COUNT;
    UPDATE gridtwin.load_days d SET heavy_from = share WHERE d.day = of;
    RETURN written;
END
$$;
COMMENT ON FUNCTION gridtwin.pick_heavy_loads(date, double precision) IS
    'Keep the loads of a day above a share of the nameplate by interval; returns how many rows';

-- What is touched while it is summed stays due: the mark counts only if it is still the same.
CREATE OR REPLACE FUNCTION gridtwin.sum_load_day(of date) RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT SET work_mem = '128MB'
AS $$
DECLARE
    start timestamptz := of::timestamp AT TIME ZONE 'UTC';
    mark timestamptz;
    written bigint;
BEGIN
    INSERT INTO gridtwin.load_days (day) VALUES (of) ON CONFLICT (day) DO NOTHING;
    SELECT d.touched_at INTO mark FROM gridtwin.load_days d WHERE d.day = of AND NOT d.closed;
    IF mark IS NULL THEN
        RETURN 0::bigint;
    END IF;
    PERFORM gridtwin.assign_blocks(start);
    DELETE FROM gridtwin.transformer_day_load d WHERE d.day = of;
    DELETE FROM gridtwin.block_day_load d WHERE d.day = of;
    INSERT INTO gridtwin.transformer_day_load (day, transformer, kwh, slots)
    SELECT
        of,
        t.transformer,
        coalesce(array_agg(t.kwh ORDER BY t.kwh) FILTER (WHERE t.kwh IS NOT NULL), '{}'),
        array_agg((extract(epoch FROM t.reading_time - start) / 900)::smallint ORDER BY t.kwh)
    FROM gridtwin.transformer_load t
    WHERE t.reading_time >= start AND t.reading_time < start + interval '1 day'
    GROUP BY t.transformer
    ORDER BY t.transformer COLLATE "C";
    GET DIAGNOSTICS written = ROW_COUNT;
    -- From the rows just written, so that both are of the same loads.
    INSERT INTO gridtwin.block_day_load (day, block, kwh, slots)
    SELECT of, s.block, array_agg(s.kwh), array_agg(s.slot)
    FROM (
        SELECT b.block, u.slot, sum(u.kwh) AS kwh
        FROM gridtwin.transformer_day_load t
        JOIN gridtwin.transformer_blocks b ON b.transformer = t.transformer
        CROSS JOIN LATERAL unnest(t.kwh, t.slots) u (kwh, slot)
        WHERE t.day = of
        GROUP BY b.block, u.slot
    ) s
    GROUP BY s.block
    ORDER BY s.block;
    PERFORM gridtwin.pick_heavy_loads(of, 0.5);
    UPDATE gridtwin.load_days d SET summed_at = clock_timestamp()
    WHERE d.day = of AND d.touched_at = mark;
    RETURN written;
END
$$;
COMMENT ON FUNCTION gridtwin.sum_load_day(date) IS
    'Sum the loads of a day by transformer; returns how many transformers it has';

CREATE OR REPLACE FUNCTION gridtwin.sum_load_days(rest interval DEFAULT '20 min') RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
    SELECT count(gridtwin.sum_load_day(d.day))
    FROM gridtwin.load_days d
    WHERE d.summed_at IS NULL AND NOT d.closed AND d.touched_at <= clock_timestamp() - rest;
END;
COMMENT ON FUNCTION gridtwin.sum_load_days(interval) IS
    'Sum the days that are due and have come to rest; returns how many';

-- Its intervals are about to go: what was summed of it is all that stays.
CREATE OR REPLACE FUNCTION gridtwin.close_load_days(before date) RETURNS bigint
LANGUAGE sql
BEGIN ATOMIC
    SELECT count(gridtwin.sum_load_day(d.day)) FROM gridtwin.load_days d
    WHERE d.day < before AND d.summed_at IS NULL AND NOT d.closed;
    WITH closed AS (
        UPDATE gridtwin.load_days d SET closed = true
        WHERE d.day < before AND NOT d.closed
        RETURNING 1
    )
    SELECT count(*) FROM closed;
END;
COMMENT ON FUNCTION gridtwin.close_load_days(date) IS
    'Sum what is due of all days before one, and keep it as it is; returns how many were closed';

CREATE OR REPLACE FUNCTION gridtwin.forget_load_days(older_than interval DEFAULT '35 days')
RETURNS bigint
LANGUAGE plpgsql
SET search_path FROM CURRENT
AS $$
DECLARE
    before date := ((now() - older_than) AT TIME ZONE 'UTC')::date;
    deleted bigint;
BEGIN
    DELETE FROM gridtwin.load_days d WHERE d.day < before AND d.closed;
    GET DIAGNOSTICS deleted = ROW_COUNT;
    DELETE FROM gridtwin.transformer_day_load t
    WHERE t.day < before AND NOT EXISTS (SELECT FROM gridtwin.load_days d WHERE d.day = t.day);
    DELETE FROM gridtwin.block_day_load t
    WHERE t.day < before AND NOT EXISTS (SELECT FROM gridtwin.load_days d WHERE d.day = t.day);
    DELETE FROM gridtwin.heavy_load t
    WHERE t.day < before AND NOT EXISTS (SELECT FROM gridtwin.load_days d WHERE d.day = t.day);
    DELETE FROM gridtwin.conditions c
    WHERE c."time" < least(
        before,
        (SELECT min(day) FROM gridtwin.reading_days() day),
        (SELECT min(d.day) FROM gridtwin.load_days d)
    )::timestamp AT TIME ZONE 'UTC';
    RETURN deleted;
END
$$;
COMMENT ON FUNCTION gridtwin.forget_load_days(interval) IS
    'Delete loads by day that are older and whose intervals are gone, and weather and prices from'
    ' before all that is kept; returns how many days';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/76_load_days.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
