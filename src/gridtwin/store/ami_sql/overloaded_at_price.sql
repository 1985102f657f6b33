-- Transformers loaded above a share of their nameplate in intervals in which the price is above a
-- bound; the most loaded first.
--
-- :start, :end       intervals that end after one and up to the other
-- :price             US dollars a megawatt-hour
-- :pct               loading in percent of the nameplate
-- :power_factor      of all loads
WITH dear AS (
    SELECT c.time AS reading_time
    FROM gridtwin.conditions c
    WHERE c.price_usd_mwh > CAST(:price AS double precision)
        AND c.time > :start AND c.time <= :end
), heavy AS (
    SELECT
        t.transformer,
        count(*) AS intervals,
        max(abs(t.kwh)) AS most_kwh
    FROM gridtwin.transformer_load t
    JOIN dear d ON d.reading_time = t.reading_time
    JOIN gridtwin.transformers r ON r.transformer = t.transformer
    WHERE t.reading_time > :start AND t.reading_time <= :end
        AND abs(t.kwh) > r.rated_kva * CAST(:pct AS double precision) / 100 * :power_factor / 4
    GROUP BY t.transformer
)
SELECT
    r.mrid AS transformer,
    r.rated_kva,
    h.intervals / 4.0 AS hours,
    h.most_kwh * 4 / :power_factor AS peak_kva,
    h.most_kwh * 400 / :power_factor / r.rated_kva AS peak_pct
FROM heavy h
JOIN gridtwin.transformers r ON r.transformer = h.transformer
ORDER BY peak_pct DESC, transformer
