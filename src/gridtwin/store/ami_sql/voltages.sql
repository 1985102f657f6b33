-- Worst service voltages by feeder, the lowest first: how low and how high, when first, and for how
-- many meter-hours outside the ranges of ANSI C84.1.
--
-- :start, :end       intervals that end after one and up to the other
WITH worst AS (
    SELECT
        p.feeder,
        min(p.v_min) AS v_min,
        max(p.v_max) AS v_max,
        sum(p.below_a) / 4.0 AS below_a_h,
        sum(p.above_a) / 4.0 AS above_a_h,
        sum(p.below_b) / 4.0 AS below_b_h,
        sum(p.above_b) / 4.0 AS above_b_h
    FROM gridtwin.feeder_period_load p
    WHERE p.first_at > :start AND p.last_at <= :end AND p.v_min IS NOT NULL
    GROUP BY p.feeder
), times AS (
    SELECT
        p.feeder,
        min(CASE WHEN p.v_min = w.v_min THEN p.v_min_at END) AS v_min_at,
        min(CASE WHEN p.v_max = w.v_max THEN p.v_max_at END) AS v_max_at
    FROM gridtwin.feeder_period_load p
    JOIN worst w ON w.feeder = p.feeder
    WHERE p.first_at > :start AND p.last_at <= :end
    GROUP BY p.feeder
)
SELECT
    w.feeder, w.v_min, t.v_min_at, w.v_max, t.v_max_at, w.below_a_h, w.above_a_h, w.below_b_h,
    w.above_b_h
FROM worst w
JOIN times t ON t.feeder = w.feeder
ORDER BY w.v_min, w.feeder
