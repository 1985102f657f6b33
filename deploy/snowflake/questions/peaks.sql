-- What was the peak of each feeder in the last 30 days, and its load at that of all?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());

WITH own AS (
    SELECT p.feeder, max(p.peak_kwh) AS kwh, sum(p.kwh) / sum(p.intervals) AS mean
    FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM "GRIDTWIN"."GOLD".FEEDER_LOAD) p
    WHERE p.first_at > $asked_start AND p.last_at <= $asked_end AND p.peak_kwh IS NOT NULL
    GROUP BY p.feeder
), common AS (
    SELECT a.reading_time
    FROM (SELECT reading_time, sum(kwh) AS kwh FROM "GRIDTWIN"."GOLD".FEEDER_LOAD GROUP BY reading_time) a
    WHERE a.reading_time > $asked_start AND a.reading_time <= $asked_end AND a.kwh IS NOT NULL
    ORDER BY a.kwh DESC, a.reading_time
    LIMIT 1
), times AS (
    SELECT p.feeder, min(p.peak_kwh_at) AS peak_at
    FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM "GRIDTWIN"."GOLD".FEEDER_LOAD) p
    JOIN own o ON o.feeder = p.feeder AND o.kwh = p.peak_kwh
    WHERE p.first_at > $asked_start AND p.last_at <= $asked_end
    GROUP BY p.feeder
), then_carried AS (
    SELECT f.feeder, f.kwh
    FROM "GRIDTWIN"."GOLD".FEEDER_LOAD f
    JOIN common c ON c.reading_time = f.reading_time
)
SELECT
    o.feeder,
    o.kwh * 4 AS peak_kw,
    t.peak_at,
    coalesce(n.kwh, 0) * 4 AS at_common_peak_kw,
    c.reading_time AS common_peak_at,
    o.mean / nullif(o.kwh, 0) AS load_factor
FROM own o
JOIN times t ON t.feeder = o.feeder
CROSS JOIN common c
LEFT JOIN then_carried n ON n.feeder = o.feeder
ORDER BY peak_kw DESC, o.feeder;
