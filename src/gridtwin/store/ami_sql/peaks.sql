-- Peak of each feeder, the mean power of an interval, beside what it carried at the peak of all
-- together; the highest first. Load factor = mean over peak; coincidence = at the common peak over
-- its own.
--
-- :start, :end       intervals that end after one and up to the other
WITH loads AS (
    SELECT f.reading_time, f.feeder, f.kwh
    FROM gridtwin.feeder_load f
    WHERE f.reading_time > :start AND f.reading_time <= :end AND f.kwh IS NOT NULL
), system AS (
    SELECT l.reading_time
    FROM loads l
    GROUP BY l.reading_time
    ORDER BY sum(l.kwh) DESC, l.reading_time
    LIMIT 1
), ranked AS (
    SELECT
        l.*,
        row_number() OVER (PARTITION BY l.feeder ORDER BY l.kwh DESC, l.reading_time) AS place
    FROM loads l
)
SELECT
    r.feeder,
    max(r.kwh) * 4 AS peak_kw,
    max(CASE WHEN r.place = 1 THEN r.reading_time END) AS peak_at,
    coalesce(max(CASE WHEN r.reading_time = s.reading_time THEN r.kwh END), 0) * 4
        AS at_common_peak_kw,
    max(s.reading_time) AS common_peak_at,
    avg(r.kwh) / nullif(max(r.kwh), 0) AS load_factor
FROM ranked r
CROSS JOIN system s
GROUP BY r.feeder
ORDER BY peak_kw DESC, feeder
