-- One pole of a switch opens: who lives on that phase alone is out, who uses others too is partial.
SELECT gridtwin.operate('SW1', true, 'C', actor => 'ann');
SELECT mrid, phases, energized FROM grid.usage_points_now ORDER BY mrid;
SELECT mrid, gridtwin.phase_text(t.live) AS live, gridtwin.phase_text(t.designed) AS designed
FROM gridtwin.nodes n
JOIN gridtwin.node_topology t ON t.node = n.row
WHERE n.mrid IN ('n2', 'n3', 'n4')
ORDER BY mrid;
-- Who is out already is not counted when more fails.
SELECT gridtwin.customers_downstream('SW1');
SELECT sentence FROM gridtwin.explain('MC');
SELECT sentence FROM gridtwin.explain('M3');
-- The pole closes again.
SELECT gridtwin.operate('SW1', false, 'C', actor => 'ann');
SELECT gridtwin.customers_downstream('SW1');
