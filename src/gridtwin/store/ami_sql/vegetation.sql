-- Spans at risk of vegetation, in the order in which trimming helps most, each with what its feeder
-- carried at its peak in the period.
--
-- :start, :end       intervals that end after one and up to the other
WITH peaks AS (
    SELECT p.feeder, max(p.peak_kwh) AS kwh
    FROM gridtwin.feeder_period_load p
    WHERE p.first_at > :start AND p.last_at <= :end
    GROUP BY p.feeder
)
SELECT
    s.span,
    s.feeder,
    s.risk_class,
    s.score,
    s.length_in_risk_m,
    s.customers,
    s.priority_sites,
    s.customer_minutes_at_risk,
    s.customer_minutes_per_km,
    p.kwh * 4 AS feeder_peak_kw
FROM gridtwin.vegetation_spans s
LEFT JOIN peaks p ON p.feeder = s.feeder
ORDER BY s.customer_minutes_per_km DESC, s.span
