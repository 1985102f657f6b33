-- How much load hangs on the transformers under a polygon by hour of the day?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());
SET asked_area = 'storm';  -- of RESULTS.STORM_AREAS

WITH together AS (
    SELECT t.reading_time, sum(t.kwh) AS kwh
    FROM "GRIDTWIN"."GOLD".TRANSFORMER_LOAD t
    WHERE t.reading_time > $asked_start AND t.reading_time <= $asked_end
        AND t.transformer IN (SELECT a.TRANSFORMER FROM "GRIDTWIN"."RESULTS".AREA_TRANSFORMERS AS a WHERE a.AREA = $asked_area)
    GROUP BY t.reading_time
)
SELECT
    mod(CAST(floor(extract(epoch FROM g.reading_time) / 3600) AS bigint), 24) AS hour,
    avg(g.kwh) * 4 AS mean_kw,
    max(g.kwh) * 4 AS peak_kw,
    count(*) AS intervals
FROM together g
GROUP BY hour
ORDER BY hour;
