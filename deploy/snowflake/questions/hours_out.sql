-- How many customers were out for how many hours in the last 30 days?

USE ROLE "GRIDTWIN_READER";
USE WAREHOUSE "GRIDTWIN_READ_WH";

SET asked_end = CURRENT_TIMESTAMP();
SET asked_start = DATEADD('day', -30, CURRENT_TIMESTAMP());

WITH spells AS (
    SELECT
        m.usage_point,
        greatest(m.began_at, CAST($asked_start AS timestamp with time zone)) AS began_at,
        least(coalesce(m.restored_at, CAST($asked_end AS timestamp with time zone)), CAST($asked_end AS timestamp with time zone))
            AS ended_at
    FROM "GRIDTWIN"."RESULTS".INTERRUPTIONS m
    WHERE m.began_at < $asked_end AND (m.restored_at IS NULL OR m.restored_at > $asked_start)
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
    JOIN "GRIDTWIN"."NETWORK".USAGE_POINTS u ON u.mrid = e.usage_point
)
SELECT
    b.from_h,
    count(*) AS usage_points,
    sum(b.customers) AS customers,
    sum(b.customers * b.hours) AS customer_hours
FROM bands b
GROUP BY b.from_h
ORDER BY b.from_h;
