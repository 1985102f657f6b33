-- Outages now: who is out, who is back, and the counts that follow.
INSERT INTO gridtwin.outages (id, status, cause, device, began_at)
VALUES ('O-1', 'confirmed', 'tree', 'BKR1', '2026-03-01 12:00Z');
INSERT INTO gridtwin.outage_usage_points (outage, usage_point, began_at, customers)
SELECT 'O-1', b.mrid, '2026-03-01 12:00Z', b.customers FROM gridtwin.blast_radius('BKR1') b;
SELECT id, status, cause, device, customers FROM grid.open_outages;
UPDATE gridtwin.outage_usage_points SET restored_at = '2026-03-01 12:30Z' WHERE usage_point = 'MB';
SELECT id, customers, customers_out, revision FROM gridtwin.outages;
SELECT restored_at, usage_points, customers, customer_minutes::int AS customer_minutes
FROM gridtwin.outage_steps WHERE restored_at IS NOT NULL;
SELECT mrid, customers_out, status FROM grid.circuit_status_realtime ORDER BY mrid;
-- Nobody is in two open outages, and none is over while somebody is out.
INSERT INTO gridtwin.outages (id, began_at) VALUES ('O-2', '2026-03-01 13:00Z');
INSERT INTO gridtwin.outage_usage_points (outage, usage_point, began_at)
VALUES ('O-2', 'M3', '2026-03-01 13:00Z');
UPDATE gridtwin.outages SET status = 'restored', restored_at = '2026-03-01 14:00Z' WHERE id = 'O-1';
