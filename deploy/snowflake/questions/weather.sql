-- How did the load of all feeders follow the temperature in the last 30 days?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());

WITH felt AS (
    SELECT c.time, floor(CAST(c.temperature_c AS double precision) / 2) * 2 AS from_c
    FROM "GRIDTWIN"."GOLD".CONDITIONS c
    WHERE c.time > $asked_start AND c.time <= $asked_end
        AND c.temperature_c BETWEEN -90 AND 70
)
SELECT
    f.from_c,
    count(*) / 4.0 AS hours,
    avg(a.kwh) * 4 AS mean_kw,
    max(a.kwh) * 4 AS peak_kw
FROM (SELECT reading_time, sum(kwh) AS kwh FROM "GRIDTWIN"."GOLD".FEEDER_LOAD GROUP BY reading_time) a
JOIN felt f ON f.time = a.reading_time
WHERE a.reading_time > $asked_start AND a.reading_time <= $asked_end AND a.kwh IS NOT NULL
GROUP BY f.from_c
ORDER BY from_c;
