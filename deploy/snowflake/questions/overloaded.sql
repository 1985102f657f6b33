-- Which transformers were loaded above their nameplate in the last 30 days?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());
SET asked_pct = 100;
SET asked_power_factor = 0.95;

WITH heavy AS (
    SELECT
        p.transformer,
        sum(p.intervals) AS intervals,
        max(p.highest_kwh) AS most_kwh
    FROM (SELECT reading_time AS first_at, reading_time AS last_at, transformer, 1 AS intervals, abs(kwh) AS lowest_kwh, abs(kwh) AS highest_kwh FROM "GRIDTWIN"."GOLD".TRANSFORMER_LOAD) p
    JOIN "GRIDTWIN"."NETWORK".TRANSFORMERS r ON r.transformer = p.transformer
    WHERE p.first_at > $asked_start AND p.last_at <= $asked_end
        AND p.lowest_kwh > r.rated_kva * CAST($asked_pct AS double precision) / 100 * $asked_power_factor / 4
    GROUP BY p.transformer
)
SELECT
    r.mrid AS transformer,
    r.rated_kva,
    h.intervals / 4.0 AS hours,
    h.most_kwh * 4 / $asked_power_factor AS peak_kva,
    h.most_kwh * 400 / $asked_power_factor / r.rated_kva AS peak_pct
FROM heavy h
JOIN "GRIDTWIN"."NETWORK".TRANSFORMERS r ON r.transformer = h.transformer
ORDER BY peak_pct DESC, transformer;
