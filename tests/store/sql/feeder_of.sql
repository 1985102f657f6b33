-- The feeder of each usage point: as designed, and the one it comes from now.
SELECT gridtwin.operate('SW1', true), gridtwin.operate('TIE', false);
SELECT u.mrid, home.mrid AS designed, fed.mrid AS now
FROM gridtwin.usage_points u
LEFT JOIN gridtwin.node_home h ON h.node = u.node
LEFT JOIN gridtwin.feeders home ON home.row = h.feeder
LEFT JOIN gridtwin.node_topology t ON t.node = u.node
LEFT JOIN gridtwin.segments s ON s.segment = t.segment
LEFT JOIN gridtwin.feeders fed ON fed.row = s.feeder
ORDER BY u.mrid;
SELECT feeders FROM gridtwin.explain('M3');
