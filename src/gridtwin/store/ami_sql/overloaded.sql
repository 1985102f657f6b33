-- Transformers loaded above a share of their nameplate; the most loaded first.
--
-- :start, :end       intervals that end after one and up to the other
-- :pct               loading in percent of the nameplate
-- :power_factor      of all loads
WITH heavy AS (
    SELECT
        p.transformer,
        sum(p.intervals) AS intervals,
        max(p.highest_kwh) AS most_kwh
    FROM gridtwin.transformer_period_load p
    JOIN gridtwin.transformers r ON r.transformer = p.transformer
    WHERE p.first_at > :start AND p.last_at <= :end
        AND p.lowest_kwh > r.rated_kva * CAST(:pct AS double precision) / 100 * :power_factor / 4
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
