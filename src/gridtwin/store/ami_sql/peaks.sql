-- Peak of each feeder, the mean power of an interval, and when it first was, beside what it carried
-- at the peak of all together; the highest first. Load factor = mean over peak.
--
-- :start, :end       intervals that end after one and up to the other
WITH own AS (
    SELECT p.feeder, max(p.peak_kwh) AS kwh, sum(p.kwh) / sum(p.intervals) AS mean
    FROM gridtwin.feeder_period_load p
    WHERE p.first_at > :start AND p.last_at <= :end AND p.peak_kwh IS NOT NULL
    GROUP BY p.feeder
), common AS (
    SELECT a.reading_time
    FROM gridtwin.territory_load a
    WHERE a.reading_time > :start AND a.reading_time <= :end AND a.kwh IS NOT NULL
    ORDER BY a.kwh DESC, a.reading_time
    LIMIT 1
), times AS (
    SELECT p.feeder, min(p.peak_kwh_at) AS peak_at
    FROM gridtwin.feeder_period_load p
    JOIN own o ON o.feeder = p.feeder AND o.kwh = p.peak_kwh
    WHERE p.first_at > :start AND p.last_at <= :end
    GROUP BY p.feeder
), then_carried AS (
    SELECT f.feeder, f.kwh
    FROM gridtwin.feeder_load f
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
ORDER BY peak_kw DESC, o.feeder
