-- When a meter is back: the estimate of its own, else that of its outage.
INSERT INTO gridtwin.outages (id, status, began_at) VALUES ('O-1', 'confirmed', '2026-03-01 12:00Z');
INSERT INTO gridtwin.outage_usage_points (outage, usage_point, began_at)
VALUES ('O-1', 'M3', '2026-03-01 12:00Z'), ('O-1', 'MC', '2026-03-01 12:00Z');
INSERT INTO gridtwin.erm_current (outage, issued_at, inputs_at, p50, p80, p95, etr, source)
VALUES ('O-1', '2026-03-01 12:10Z', '2026-03-01 12:09Z', '2026-03-01 13:00Z',
    '2026-03-01 14:00Z', '2026-03-01 16:00Z', '2026-03-01 14:00Z', 'model');
INSERT INTO gridtwin.erm_usage_points (usage_point, outage, stage, issued_at, etr)
VALUES ('M3', 'O-1', 'remote', '2026-03-01 12:10Z', '2026-03-01 12:40Z');
SELECT p.usage_point, p.outage, coalesce(m.stage, 'repair') AS stage, coalesce(m.etr, e.etr) AS etr
FROM gridtwin.outage_usage_points p
LEFT JOIN gridtwin.erm_usage_points m USING (usage_point, outage)
LEFT JOIN gridtwin.erm_current e USING (outage)
WHERE p.restored_at IS NULL
ORDER BY p.usage_point;
-- What is published is never in the past.
UPDATE gridtwin.erm_current SET etr = '2026-03-01 12:00Z';
-- It goes with the last of its reason.
UPDATE gridtwin.outage_usage_points SET restored_at = '2026-03-01 12:35Z' WHERE usage_point = 'M3';
SELECT usage_point FROM gridtwin.erm_usage_points;
-- Each transaction that changed it left an alert to tell.
SELECT kind, customers_out, etr FROM gridtwin.outage_alerts ORDER BY number;
