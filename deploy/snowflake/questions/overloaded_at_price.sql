-- Which transformers were loaded above their nameplate while the price was above 100 dollars a megawatt-hour in the last 30 days?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());
SET asked_price = 100;
SET asked_pct = 100;
SET asked_power_factor = 0.95;

WITH dear AS (
    SELECT c.time AS reading_time
    FROM "GRIDTWIN"."GOLD".CONDITIONS c
    WHERE c.price_usd_mwh > CAST($asked_price AS double precision)
        AND c.time > $asked_start AND c.time <= $asked_end
    UNION
    SELECT z.time
    FROM "GRIDTWIN"."GOLD".ZONE_PRICES z
    WHERE z.price_usd_mwh > CAST($asked_price AS double precision)
        AND z.time > $asked_start AND z.time <= $asked_end
), heavy AS (
    SELECT
        p.transformer,
        sum(p.intervals) AS intervals,
        max(p.highest_kwh) AS most_kwh
    FROM (SELECT reading_time AS first_at, reading_time AS last_at, transformer, 1 AS intervals, abs(kwh) AS lowest_kwh, abs(kwh) AS highest_kwh FROM "GRIDTWIN"."GOLD".TRANSFORMER_LOAD) p
    JOIN dear d ON d.reading_time = p.first_at
    JOIN "GRIDTWIN"."NETWORK".TRANSFORMERS r ON r.transformer = p.transformer
    LEFT JOIN "GRIDTWIN"."NETWORK".TRANSFORMER_ZONES n ON n.transformer = p.transformer
    LEFT JOIN "GRIDTWIN"."GOLD".ZONE_PRICES z ON z.load_zone = n.load_zone AND z.time = p.first_at
    LEFT JOIN "GRIDTWIN"."GOLD".CONDITIONS c ON c.time = p.first_at
    WHERE p.first_at > $asked_start AND p.last_at <= $asked_end
        AND p.lowest_kwh > r.rated_kva * CAST($asked_pct AS double precision) / 100 * $asked_power_factor / 4
        AND coalesce(z.price_usd_mwh, c.price_usd_mwh) > CAST($asked_price AS double precision)
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
