-- Worst service voltages by feeder, the lowest first: how low and how high, when, and for how many
-- meter-hours outside the ranges of ANSI C84.1.
--
-- :start, :end       intervals that end after one and up to the other
WITH ranked AS (
    SELECT
        f.*,
        row_number() OVER (PARTITION BY f.feeder ORDER BY f.v_min, f.reading_time) AS low,
        row_number() OVER (PARTITION BY f.feeder ORDER BY f.v_max DESC, f.reading_time) AS high
    FROM gridtwin.feeder_load f
    WHERE f.reading_time > :start AND f.reading_time <= :end AND f.v_min IS NOT NULL
)
SELECT
    feeder,
    min(v_min) AS v_min,
    max(CASE WHEN low = 1 THEN reading_time END) AS v_min_at,
    max(v_max) AS v_max,
    max(CASE WHEN high = 1 THEN reading_time END) AS v_max_at,
    sum(below_a) / 4.0 AS below_a_h,
    sum(above_a) / 4.0 AS above_a_h,
    sum(below_b) / 4.0 AS below_b_h,
    sum(above_b) / 4.0 AS above_b_h
FROM ranked
GROUP BY feeder
ORDER BY v_min, feeder
