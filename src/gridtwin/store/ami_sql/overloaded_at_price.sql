-- Transformers loaded above a share of their nameplate in intervals in which the price is above a
-- bound; the most loaded first. The price is that of the load zone, or else of the territory.
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
    UNION
    SELECT z.time
    FROM gridtwin.zone_prices z
    WHERE z.price_usd_mwh > CAST(:price AS double precision)
        AND z.time > :start AND z.time <= :end
), heavy AS (
    SELECT
        t.transformer,
        count(*) AS intervals,
        max(abs(t.kwh)) AS most_kwh
    FROM gridtwin.transformer_load t
    JOIN dear d ON d.reading_time = t.reading_time
    JOIN gridtwin.transformers r ON r.transformer = t.transformer
    LEFT JOIN gridtwin.transformer_zones n ON n.transformer = t.transformer
    LEFT JOIN gridtwin.zone_prices z ON z.load_zone = n.load_zone AND z.time = t.reading_time
    LEFT JOIN gridtwin.conditions c ON c.time = t.reading_time
    WHERE t.reading_time > :start AND t.reading_time <= :end
        AND abs(t.kwh) > r.rated_kva * CAST(:pct AS double precision) / 100 * :power_factor / 4
        AND coalesce(z.price_usd_mwh, c.price_usd_mwh) > CAST(:price AS double precision)
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
