-- Worst service voltages by feeder, the lowest first: how low and how high, when first, and for how
-- many meter-hours outside the ranges of ANSI C84.1.
--
-- :start, :end       intervals that end after one and up to the other
WITH worst AS (
    SELECT
        f.feeder,
        min(f.v_min) AS v_min,
        max(f.v_max) AS v_max,
        sum(f.below_a) / 4.0 AS below_a_h,
        sum(f.above_a) / 4.0 AS above_a_h,
        sum(f.below_b) / 4.0 AS below_b_h,
        sum(f.above_b) / 4.0 AS above_b_h
    FROM gridtwin.feeder_load f
    WHERE f.reading_time > :start AND f.reading_time <= :end AND f.v_min IS NOT NULL
    GROUP BY f.feeder
), times AS (
    SELECT
        f.feeder,
        min(CASE WHEN f.v_min = w.v_min THEN f.reading_time END) AS v_min_at,
        min(CASE WHEN f.v_max = w.v_max THEN f.reading_time END) AS v_max_at
    FROM gridtwin.feeder_load f
    JOIN worst w ON w.feeder = f.feeder AND (f.v_min = w.v_min OR f.v_max = w.v_max)
    WHERE f.reading_time > :start AND f.reading_time <= :end
    GROUP BY f.feeder
)
SELECT
    w.feeder, w.v_min, t.v_min_at, w.v_max, t.v_max_at, w.below_a_h, w.above_a_h, w.below_b_h,
    w.above_b_h
FROM worst w
JOIN times t ON t.feeder = w.feeder
ORDER BY w.v_min, w.feeder
