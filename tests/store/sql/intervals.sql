-- The intervals themselves: what hangs on a node stands between its ltin and its ltout.
SELECT n.mrid AS node, t.segment, t.ltin, t.ltout, t.depth, t.below, t.feed_mrid AS fed_by
FROM gridtwin.node_topology t
JOIN gridtwin.nodes n ON n.row = t.node
ORDER BY t.segment, t.ltin;
SELECT g.segment, f.mrid AS feeder, g.meshed
FROM gridtwin.segments g
LEFT JOIN gridtwin.feeders f ON f.row = g.feeder
ORDER BY g.segment;
