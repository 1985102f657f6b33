-- Which spans are at risk of vegetation, and what do their feeders carry at the peak?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());

WITH peaks AS (
    SELECT p.feeder, max(p.peak_kwh) AS kwh
    FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM "GRIDTWIN"."GOLD".FEEDER_LOAD) p
    WHERE p.first_at > $asked_start AND p.last_at <= $asked_end
    GROUP BY p.feeder
)
SELECT
    s.span,
    s.feeder,
    s.risk_class,
    s.score,
    s.length_in_risk_m,
    s.customers,
    s.priority_sites,
    s.customer_minutes_at_risk,
    s.customer_minutes_per_km,
    p.kwh * 4 AS feeder_peak_kw
FROM "GRIDTWIN"."RESULTS".CURRENT_VEGETATION_SPANS s
LEFT JOIN peaks p ON p.feeder = s.feeder
ORDER BY s.customer_minutes_per_km DESC, s.span;
