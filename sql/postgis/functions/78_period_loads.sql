-- Loads of a period as questions of weeks read them: by day where a day is summed, else by interval.
--
-- A row of a day has its energies in their order: how many are above a limit is a look-up in it
-- (width_bucket), and nothing that is below is read. Of few intervals, as when power is dear, the
-- heavy loads of those are read. Of many transformers together, whole blocks of them are read. A day
-- that was touched since it was summed is read interval by interval, so an answer is of what is
-- there now.

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE OR REPLACE FUNCTION gridtwin.list_load_days(
    after timestamptz, until timestamptz,
    OUT day date, OUT start timestamptz, OUT summed boolean, OUT whole boolean
)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE ROWS 30
BEGIN ATOMIC
    SELECT
        t.day,
        t.start,
        coalesce(d.summed_at IS NOT NULL, false),
        t.start > after AND t.start + interval '23:45' <= until
    FROM (
        SELECT g.day::date AS day, g.day AT TIME ZONE 'UTC' AS start
        FROM generate_series(
            date_trunc('day', after AT TIME ZONE 'UTC'), until AT TIME ZONE 'UTC', interval '1 day'
        ) g (day)
    ) t
    LEFT JOIN gridtwin.load_days d ON d.day = t.day;
END;
COMMENT ON FUNCTION gridtwin.list_load_days(timestamptz, timestamptz) IS
    'Days (UTC) of a period, whether each is summed, and whether all of it is in the period';

CREATE OR REPLACE FUNCTION gridtwin.sum_transformer_periods(
    after timestamptz, until timestamptz, pct double precision, power_factor double precision
)
RETURNS TABLE (
    first_at timestamptz, last_at timestamptz, transformer text, intervals bigint,
    lowest_kwh double precision, highest_kwh double precision
)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
SET search_path FROM CURRENT SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    whole date[];
    parted date[];
    begun timestamptz;
BEGIN
    SELECT array_agg(d.day) FILTER (WHERE d.whole), array_agg(d.day) FILTER (WHERE NOT d.whole)
    INTO whole, parted
    FROM gridtwin.list_load_days(after, until) d WHERE d.summed;
    RETURN QUERY
    SELECT
        min(t.day)::timestamp AT TIME ZONE 'UTC',
        max(t.day)::timestamp AT TIME ZONE 'UTC' + interval '23:45',
        t.transformer::text,
        sum(n.above + n.below)::bigint,
        min(least(CASE WHEN n.above > 0 THEN t.kwh[n.known - n.above + 1] END,
            CASE WHEN n.below > 0 THEN -t.kwh[n.below] END)),
        max(greatest(t.kwh[n.known], -t.kwh[1]))
    FROM gridtwin.transformer_day_load t
    JOIN gridtwin.transformers r ON r.transformer = t.transformer
    CROSS JOIN LATERAL (SELECT r.rated_kva * pct / 100 * power_factor / 4 AS kwh) l
    CROSS JOIN LATERAL gridtwin.count_loads_above(t.kwh, l.kwh) n
    WHERE t.day = ANY (whole) AND gridtwin.is_load_above(t.kwh, l.kwh)
    GROUP BY t.transformer;
    RETURN QUERY
    SELECT
        min(i.reading_time), max(i.reading_time), t.transformer::text, count(*), min(abs(u.energy)),
        max(abs(u.energy))
    FROM gridtwin.transformer_day_load t
    JOIN gridtwin.transformers r ON r.transformer = t.transformer
    CROSS JOIN LATERAL (SELECT r.rated_kva * pct / 100 * power_factor / 4 AS kwh) l
    CROSS JOIN LATERAL gridtwin.list_loads_above(t.kwh, t.slots, l.kwh) u
    CROSS JOIN LATERAL (
        SELECT t.day::timestamp AT TIME ZONE 'UTC' + u.slot * interval '15 min' AS reading_time
    ) i
    WHERE t.day = ANY (parted) AND gridtwin.is_load_above(t.kwh, l.kwh)
        AND i.reading_time > after AND i.reading_time <= until
    GROUP BY t.transformer;
    FOR begun IN SELECT d.start FROM gridtwin.list_load_days(after, until) d WHERE NOT d.summed LOOP
        RETURN QUERY
        SELECT
            min(t.reading_time), max(t.reading_time), t.transformer, count(*), min(abs(t.kwh)),
            max(abs(t.kwh))
        FROM gridtwin.transformer_load t
        JOIN gridtwin.transformers r ON r.transformer = t.transformer
        WHERE t.reading_time >= begun AND t.reading_time < begun + interval '1 day'
            AND t.reading_time > after AND t.reading_time <= until
            AND abs(t.kwh) > r.rated_kva * pct / 100 * power_factor / 4
        GROUP BY t.transformer;
    END LOOP;
END
$$;
COMMENT ON FUNCTION gridtwin.sum_transformer_periods(
    timestamptz, timestamptz, double precision, double precision
) IS
    'What transformer_period_load has of a period above a share of the nameplate, by day';

CREATE OR REPLACE FUNCTION gridtwin.list_dear_intervals(
    after timestamptz, until timestamptz, price double precision
)
RETURNS TABLE (reading_time timestamptz, load_zones text[])
LANGUAGE sql STABLE PARALLEL SAFE ROWS 100
BEGIN ATOMIC
    WITH dear AS (
        SELECT c."time" AS at FROM gridtwin.conditions c
        WHERE c."time" > after AND c."time" <= until AND c.price_usd_mwh > price
        UNION
        SELECT z."time" FROM gridtwin.zone_prices z
        WHERE z."time" > after AND z."time" <= until AND z.price_usd_mwh > price
    ), zones AS (
        SELECT '' AS load_zone
        UNION
        SELECT z.load_zone FROM gridtwin.zone_prices z
        WHERE z."time" > after AND z."time" <= until
    )
    SELECT d.at, array_agg(n.load_zone)
    FROM dear d
    CROSS JOIN zones n
    LEFT JOIN gridtwin.conditions c ON c."time" = d.at
    LEFT JOIN gridtwin.zone_prices z ON z."time" = d.at AND z.load_zone = n.load_zone
    WHERE coalesce(z.price_usd_mwh, c.price_usd_mwh) > price
    GROUP BY d.at;
END;
COMMENT ON FUNCTION gridtwin.list_dear_intervals(timestamptz, timestamptz, double precision) IS
    'Intervals in which the price is above a bound, and the load zones in which; empty = no zone';

CREATE OR REPLACE FUNCTION gridtwin.sum_heavy_periods(
    after timestamptz, until timestamptz, price double precision, pct double precision,
    power_factor double precision, days date[], changed text[]
)
RETURNS TABLE (
    first_at timestamptz, last_at timestamptz, transformer text, intervals bigint,
    lowest_kwh double precision, highest_kwh double precision
)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
BEGIN ATOMIC
    -- Of each nameplate, and of intervals in which power is dear in the same zones.
    WITH summed AS MATERIALIZED (
        SELECT
            u.number, d.load_zones, min(d.reading_time) AS first_at, max(d.reading_time) AS last_at,
            count(*) AS intervals, min(u.kwh) AS lowest_kwh, max(u.kwh) AS highest_kwh
        FROM gridtwin.list_dear_intervals(after, until, price) d
        CROSS JOIN LATERAL (SELECT d.reading_time AT TIME ZONE 'UTC' AS reading_time) i
        JOIN gridtwin.heavy_load h ON h.day = i.reading_time::date
            AND h.slot = (extract(epoch FROM i.reading_time - i.reading_time::date) / 900)::smallint
        CROSS JOIN LATERAL (
            SELECT width_bucket(h.rated_kva * pct / 100 * power_factor / 4, h.kwh) + 1 AS first
            OFFSET 0 -- found once a row
        ) l
        CROSS JOIN LATERAL unnest(h.nameplates[l.first:], h.kwh[l.first:]) u (number, kwh)
        WHERE h.day = ANY (days)
        GROUP BY u.number, d.load_zones
    )
    SELECT
        s.first_at, s.last_at, p.transformer::text, s.intervals, s.lowest_kwh, s.highest_kwh
    FROM summed s
    JOIN gridtwin.load_nameplates p ON p.number = s.number
    LEFT JOIN gridtwin.transformer_zones n ON n.transformer = p.transformer
    LEFT JOIN (
        SELECT DISTINCT z.load_zone FROM gridtwin.zone_prices z
        WHERE z."time" > after AND z."time" <= until
    ) q ON q.load_zone = n.load_zone
    WHERE p.transformer <> ALL (changed) AND coalesce(q.load_zone, '') = ANY (s.load_zones);
END;
COMMENT ON FUNCTION gridtwin.sum_heavy_periods(
    timestamptz, timestamptz, double precision, double precision, double precision, date[], text[]
) IS
    'What sum_dear_periods has of days with heavy loads by interval, but for some transformers';

CREATE OR REPLACE FUNCTION gridtwin.sum_dear_periods(
    after timestamptz, until timestamptz, price double precision, pct double precision,
    power_factor double precision
)
RETURNS TABLE (
    first_at timestamptz, last_at timestamptz, transformer text, intervals bigint,
    lowest_kwh double precision, highest_kwh double precision
)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
SET search_path FROM CURRENT SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    dear timestamptz[];
    changed text[]; -- transformers with another nameplate than some heavy load was found by
    by_interval date[];
    by_transformer date[];
    chosen record;
    moment timestamptz;
    first date := (after AT TIME ZONE 'UTC')::date;
    last date := (until AT TIME ZONE 'UTC')::date;
    is_dear varbit; -- of each interval from the first day on
BEGIN
    SELECT coalesce(array_agg(d.reading_time), '{}') INTO dear
    FROM gridtwin.list_dear_intervals(after, until, price) d;
    SELECT coalesce(array_agg(DISTINCT p.transformer), '{}') INTO changed
    FROM gridtwin.load_nameplates p
    JOIN gridtwin.transformers r ON r.transformer = p.transformer
    WHERE r.rated_kva IS DISTINCT FROM p.rated_kva;
    SELECT
        coalesce(array_agg(d.day) FILTER (WHERE d.is_heavy), '{}'),
        coalesce(array_agg(d.day) FILTER (WHERE NOT d.is_heavy), '{}')
    INTO by_interval, by_transformer
    FROM (
        SELECT
            o.day,
            coalesce(pct / 100 * power_factor > o.heavy_from * (1 + 1e-9), false) AS is_heavy
        FROM gridtwin.load_days o
        WHERE o.summed_at IS NOT NULL
            AND o.day IN (SELECT (x.at AT TIME ZONE 'UTC')::date FROM unnest(dear) x (at))
    ) d;
    RETURN QUERY
    SELECT * FROM gridtwin.sum_heavy_periods(
        after, until, price, pct, power_factor, by_interval, changed);
    SELECT string_agg(CASE WHEN x.at IS NULL THEN '0' ELSE '1' END, '' ORDER BY g.at)::varbit
    INTO is_dear
    FROM generate_series(first::timestamp AT TIME ZONE 'UTC',
        last::timestamp AT TIME ZONE 'UTC' + interval '23:45', interval '15 min') g (at)
    LEFT JOIN unnest(dear) x (at) ON x.at = g.at;
    FOR chosen IN
        SELECT v.days, v.transformers
        FROM (VALUES (by_transformer, NULL::text[]), (by_interval, changed)) v (days, transformers)
        WHERE v.days <> '{}' AND v.transformers IS DISTINCT FROM '{}'
    LOOP
        RETURN QUERY
        SELECT
            i.reading_time, i.reading_time, t.transformer::text, 1::bigint, abs(u.energy),
            abs(u.energy)
        FROM gridtwin.transformer_day_load t
        JOIN gridtwin.transformers r ON r.transformer = t.transformer
        CROSS JOIN LATERAL (SELECT r.rated_kva * pct / 100 * power_factor / 4 AS kwh) l
        CROSS JOIN LATERAL gridtwin.list_loads_above(t.kwh, t.slots, l.kwh) u
        CROSS JOIN LATERAL (
            SELECT t.day::timestamp AT TIME ZONE 'UTC' + u.slot * interval '15 min' AS reading_time
        ) i
        WHERE t.day = ANY (chosen.days)
            AND (chosen.transformers IS NULL OR t.transformer = ANY (chosen.transformers))
            AND gridtwin.is_load_above(t.kwh, l.kwh)
            AND get_bit(is_dear, (t.day - first) * 96 + u.slot) = 1;
    END LOOP;
    FOR moment IN
        SELECT x.at FROM unnest(dear) x (at)
        WHERE (x.at AT TIME ZONE 'UTC')::date <> ALL (by_interval || by_transformer)
    LOOP
        RETURN QUERY
        SELECT t.reading_time, t.reading_time, t.transformer, 1::bigint, abs(t.kwh), abs(t.kwh)
        FROM gridtwin.transformer_load t
        JOIN gridtwin.transformers r ON r.transformer = t.transformer
        WHERE t.reading_time = moment
            AND abs(t.kwh) > r.rated_kva * pct / 100 * power_factor / 4;
    END LOOP;
END
$$;
COMMENT ON FUNCTION gridtwin.sum_dear_periods(
    timestamptz, timestamptz, double precision, double precision, double precision
) IS
    'What transformer_period_load has of dear intervals above a share of the nameplate; a row is of'
    ' intervals in which the price of its zone is above the bound, or of one in which some price is';

CREATE OR REPLACE FUNCTION gridtwin.sum_loads_together(
    after timestamptz, until timestamptz, transformers text[]
)
RETURNS TABLE (reading_time timestamptz, transformer text, kwh double precision)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 3000
SET search_path FROM CURRENT SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    whole int[];
    singles text[];
    of record;
BEGIN
    WITH asked AS (
        SELECT a.transformer, b.block
        FROM (SELECT DISTINCT unnest(transformers) AS transformer) a
        LEFT JOIN gridtwin.transformer_blocks b ON b.transformer = a.transformer
    ), full_blocks AS (
        SELECT k.block
        FROM (SELECT a.block, count(*) AS asked FROM asked a GROUP BY a.block) k
        JOIN (SELECT b.block, count(*) AS held FROM gridtwin.transformer_blocks b GROUP BY b.block)
            h ON h.block = k.block AND h.held = k.asked
    )
    SELECT
        (SELECT array_agg(f.block) FROM full_blocks f),
        (SELECT array_agg(a.transformer) FROM asked a
            WHERE a.block IS NULL OR a.block NOT IN (SELECT f.block FROM full_blocks f))
    INTO whole, singles;
    FOR of IN SELECT * FROM gridtwin.list_load_days(after, until) d LOOP
        IF of.summed THEN
            RETURN QUERY
            SELECT of.start + s.slot * interval '15 min', '', sum(s.kwh)
            FROM (
                SELECT u.slot, u.kwh
                FROM gridtwin.block_day_load b
                CROSS JOIN LATERAL unnest(b.kwh, b.slots) u (kwh, slot)
                WHERE b.day = of.day AND b.block = ANY (whole)
                UNION ALL
                SELECT u.slot, u.kwh
                FROM gridtwin.transformer_day_load t
                CROSS JOIN LATERAL unnest(t.kwh, t.slots) u (kwh, slot)
                WHERE t.day = of.day AND t.transformer = ANY (singles)
            ) s
            WHERE of.start + s.slot * interval '15 min' > after
                AND of.start + s.slot * interval '15 min' <= until
            GROUP BY s.slot;
        ELSE
            RETURN QUERY
            SELECT t.reading_time, '', sum(t.kwh)
            FROM gridtwin.transformer_load t
            WHERE t.reading_time >= of.start AND t.reading_time < of.start + interval '1 day'
                AND t.reading_time > after AND t.reading_time <= until
                AND t.transformer = ANY (transformers)
            GROUP BY t.reading_time;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION gridtwin.sum_loads_together(timestamptz, timestamptz, text[]) IS
    'Load of some transformers together by interval; an empty text stands for all of them';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/78_period_loads.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
