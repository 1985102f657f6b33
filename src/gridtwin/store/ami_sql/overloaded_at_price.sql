-- Transformers loaded above a share of their nameplate in intervals in which the price is above a
-- bound; the most loaded first. The price is that of the load zone, or else of the territory; loads
-- of several intervals come as one only where it is above the bound in all of them.
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
        p.transformer,
        sum(p.intervals) AS intervals,
        max(p.highest_kwh) AS most_kwh
    FROM gridtwin.transformer_period_load p
    JOIN dear d ON d.reading_time = p.first_at
    JOIN gridtwin.transformers r ON r.transformer = p.transformer
    LEFT JOIN gridtwin.transformer_zones n ON n.transformer = p.transformer
    LEFT JOIN gridtwin.zone_prices z ON z.load_zone = n.load_zone AND z.time = p.first_at
    LEFT JOIN gridtwin.conditions c ON c.time = p.first_at
    WHERE p.first_at > :start AND p.last_at <= :end
        AND p.lowest_kwh > r.rated_kva * CAST(:pct AS double precision) / 100 * :power_factor / 4
        AND coalesce(z.price_usd_mwh, c.price_usd_mwh) > CAST(:price AS double precision)
    GROUP BY p.transformer
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
