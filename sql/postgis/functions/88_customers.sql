-- What statements about customers are written with, and what is asked of them in SQL.
--
--   gridtwin_customers.each_of(texts)          the texts of a JSON array, each a row
--   gridtwin_customers.voltage_complaints(first, last, days)
--                                              complaints of voltage, and what was measured

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;

-- So that a list is one value of a statement.
CREATE OR REPLACE FUNCTION gridtwin_customers.each_of(texts text) RETURNS TABLE (value text)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT jsonb_array_elements_text(texts::jsonb) $$;
COMMENT ON FUNCTION gridtwin_customers.each_of(text) IS 'The texts of a JSON array, each a row';

-- Range A of ANSI C84.1 is 114 to 126 V, Range B 110 to 127 V, on a base of 120 V.
CREATE OR REPLACE FUNCTION gridtwin_customers.voltage_complaints(
    first timestamptz, last timestamptz, days float8 DEFAULT 7
)
RETURNS TABLE (
    complaint text, kind text, received_at timestamptz, usage_point text, part text,
    intervals bigint, v_min real, v_mean float8, v_max real, outside_a bigint, outside_b bigint
)
LANGUAGE sql STABLE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT
        c.complaint, c.kind, c.received_at, p.usage_point, w.part,
        count(r.voltage_v), min(r.voltage_v), avg(r.voltage_v), max(r.voltage_v),
        count(*) FILTER (WHERE r.voltage_v NOT BETWEEN 114 AND 126),
        count(*) FILTER (WHERE r.voltage_v NOT BETWEEN 110 AND 127)
    FROM gridtwin_customers.complaint c
    LEFT JOIN LATERAL (
        SELECT a.esi_id FROM gridtwin_customers.record a
        WHERE c.esi_id = '' AND a.account = c.account AND a.account <> '' AND a.esi_id <> ''
        ORDER BY a.record DESC LIMIT 1
    ) a ON true
    CROSS JOIN LATERAL (
        SELECT min(s.usage_point) AS usage_point FROM gridtwin_customers.service_point s
        WHERE s.esi_id = coalesce(nullif(c.esi_id, ''), a.esi_id) AND s.usage_point <> ''
            AND s.valid_to IS NULL
    ) p
    CROSS JOIN LATERAL (
        VALUES
            ('before', c.received_at - days * interval '1 day', c.received_at),
            ('after', c.received_at, c.received_at + days * interval '1 day')
    ) w (part, since, until)
    LEFT JOIN LATERAL gridtwin.readings_of(p.usage_point, w.since, w.until) r
        ON r.reading_time > w.since
    WHERE c.received_at >= first AND c.received_at < last AND c.kind <> 'other'
    GROUP BY c.complaint, c.kind, c.received_at, p.usage_point, w.part
    ORDER BY c.received_at DESC, c.complaint, w.part DESC
$$;
COMMENT ON FUNCTION gridtwin_customers.voltage_complaints(timestamptz, timestamptz, float8) IS
    'Complaints of voltage received from one time to another, and what the meter measured some days before and after: volts, and intervals outside the ranges of ANSI C84.1';

INSERT INTO gridtwin.definitions (file) VALUES ('functions/88_customers.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
