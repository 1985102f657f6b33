-- Customers by how long they were out in a period, all their interruptions added up.
--
-- :start, :end       the period; what lies outside it does not count
WITH spells AS (
    SELECT
        m.usage_point,
        greatest(m.began_at, CAST(:start AS timestamp with time zone)) AS began_at,
        least(coalesce(m.restored_at, CAST(:end AS timestamp with time zone)), CAST(:end AS timestamp with time zone))
            AS ended_at
    FROM gridtwin.outage_usage_points m
    WHERE m.began_at < :end AND (m.restored_at IS NULL OR m.restored_at > :start)
), each AS (
    SELECT
        s.usage_point,
        sum(extract(epoch FROM s.ended_at) - extract(epoch FROM s.began_at)) / 3600.0 AS hours
    FROM spells s
    GROUP BY s.usage_point
), bands AS (
    SELECT
        CASE
            WHEN e.hours < 1 THEN 0 WHEN e.hours < 2 THEN 1 WHEN e.hours < 4 THEN 2
            WHEN e.hours < 8 THEN 4 WHEN e.hours < 12 THEN 8 WHEN e.hours < 24 THEN 12
            WHEN e.hours < 48 THEN 24 WHEN e.hours < 96 THEN 48 ELSE 96
        END AS from_h,
        e.hours,
        u.customers
    FROM each e
    JOIN gridtwin.usage_points u ON u.mrid = e.usage_point
)
SELECT
    b.from_h,
    count(*) AS usage_points,
    sum(b.customers) AS customers,
    sum(b.customers * b.hours) AS customer_hours
FROM bands b
GROUP BY b.from_h
ORDER BY b.from_h
