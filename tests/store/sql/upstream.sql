-- Every way to the sources, nearest first.
SELECT * FROM gridtwin.upstream('MC');
-- Beyond the loop both its sides lead there.
SELECT * FROM gridtwin.upstream('ME');
-- The devices on the way that protect.
SELECT u.depth, u.mrid, u.kind
FROM gridtwin.upstream('ME') u
WHERE u.kind IN ('breaker', 'recloser', 'fuse');
