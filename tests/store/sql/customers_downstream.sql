-- Customers behind every device, the most first.
SELECT e.mrid, e.kind, gridtwin.customers_downstream(e.mrid) AS customers
FROM gridtwin.equipment e
WHERE e.kind IN ('breaker', 'recloser', 'fuse', 'load_break_switch')
ORDER BY customers DESC, e.mrid;
