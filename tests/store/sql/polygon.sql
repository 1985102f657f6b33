-- Inside an area: usage points, customers by feeder, and who goes dark when all in it is damaged.
SELECT * FROM gridtwin.usage_points_in(ST_MakeEnvelope(-94.985, 28.985, -94.955, 29.005, 4326))
ORDER BY mrid;
SELECT f.name, sum(u.customers) AS customers
FROM gridtwin.usage_points u
JOIN gridtwin.node_home h ON h.node = u.node
JOIN gridtwin.feeders f ON f.row = h.feeder
WHERE ST_Intersects(u.geometry, ST_MakeEnvelope(-94.985, 28.985, -94.955, 29.025, 4326))
GROUP BY f.name ORDER BY f.name;
-- Around n3 there is no customer, but SW1 and L2 are there.
SELECT gridtwin.customers_out(ST_MakeEnvelope(-94.972, 28.998, -94.968, 29.002, 4326));
-- The recloser on the loop: the other side holds.
SELECT gridtwin.customers_out(ST_MakeEnvelope(-94.978, 29.028, -94.972, 29.032, 4326));
