-- How low and how high did voltages go on each feeder in the last 30 days?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());

WITH worst AS (
    SELECT
        p.feeder,
        min(p.v_min) AS v_min,
        max(p.v_max) AS v_max,
        sum(p.below_a) / 4.0 AS below_a_h,
        sum(p.above_a) / 4.0 AS above_a_h,
        sum(p.below_b) / 4.0 AS below_b_h,
        sum(p.above_b) / 4.0 AS above_b_h
    FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM "GRIDTWIN"."GOLD".FEEDER_LOAD) p
    WHERE p.first_at > $asked_start AND p.last_at <= $asked_end AND p.v_min IS NOT NULL
    GROUP BY p.feeder
), times AS (
    SELECT
        p.feeder,
        min(CASE WHEN p.v_min = w.v_min THEN p.v_min_at END) AS v_min_at,
        min(CASE WHEN p.v_max = w.v_max THEN p.v_max_at END) AS v_max_at
    FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM "GRIDTWIN"."GOLD".FEEDER_LOAD) p
    JOIN worst w ON w.feeder = p.feeder
    WHERE p.first_at > $asked_start AND p.last_at <= $asked_end
    GROUP BY p.feeder
)
SELECT
    w.feeder, w.v_min, t.v_min_at, w.v_max, t.v_max_at, w.below_a_h, w.above_a_h, w.below_b_h,
    w.above_b_h
FROM worst w
JOIN times t ON t.feeder = w.feeder
ORDER BY w.v_min, w.feeder;
