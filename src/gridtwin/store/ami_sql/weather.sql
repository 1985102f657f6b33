-- Load of all feeders together by temperature, in bands of two degrees, the coolest first: for how
-- long it was so warm, and what was carried on average and at most.
--
-- :start, :end       intervals that end after one and up to the other
WITH felt AS (
    SELECT c.time, floor(CAST(c.temperature_c AS double precision) / 2) * 2 AS from_c
    FROM gridtwin.conditions c
    WHERE c.time > :start AND c.time <= :end
        AND c.temperature_c BETWEEN -90 AND 70
)
SELECT
    f.from_c,
    count(*) / 4.0 AS hours,
    avg(a.kwh) * 4 AS mean_kw,
    max(a.kwh) * 4 AS peak_kw
FROM gridtwin.territory_load a
JOIN felt f ON f.time = a.reading_time
WHERE a.reading_time > :start AND a.reading_time <= :end AND a.kwh IS NOT NULL
GROUP BY f.from_c
ORDER BY from_c
