-- What was the peak of each feeder in the last 30 days, and its load at that of all?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());

WITH own AS (
    SELECT f.feeder, max(f.kwh) AS kwh, avg(f.kwh) AS mean
    FROM "GRIDTWIN"."GOLD".FEEDER_LOAD f
    WHERE f.reading_time > $asked_start AND f.reading_time <= $asked_end AND f.kwh IS NOT NULL
    GROUP BY f.feeder
), common AS (
    SELECT f.reading_time
    FROM "GRIDTWIN"."GOLD".FEEDER_LOAD f
    WHERE f.reading_time > $asked_start AND f.reading_time <= $asked_end AND f.kwh IS NOT NULL
    GROUP BY f.reading_time
    ORDER BY sum(f.kwh) DESC, f.reading_time
    LIMIT 1
), times AS (
    SELECT f.feeder, min(f.reading_time) AS peak_at
    FROM "GRIDTWIN"."GOLD".FEEDER_LOAD f
    JOIN own o ON o.feeder = f.feeder AND o.kwh = f.kwh
    WHERE f.reading_time > $asked_start AND f.reading_time <= $asked_end
    GROUP BY f.feeder
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
