-- Load of some transformers together by hour of the day (UTC): what is lost if all of them are.
--
-- :start, :end       intervals that end after one and up to the other
-- :transformers      the transformers, none of them below another
WITH together AS (
    SELECT t.reading_time, sum(t.kwh) AS kwh
    FROM gridtwin.transformer_load t
    WHERE t.reading_time > :start AND t.reading_time <= :end
        AND t.transformer IN (:transformers)
    GROUP BY t.reading_time
)
SELECT
    mod(CAST(floor(extract(epoch FROM g.reading_time) / 3600) AS bigint), 24) AS hour,
    avg(g.kwh) * 4 AS mean_kw,
    max(g.kwh) * 4 AS peak_kw,
    count(*) AS intervals
FROM together g
GROUP BY hour
ORDER BY hour
