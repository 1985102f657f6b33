-- Who goes dark when it fails: equipment, a feeder (its head), a substation (its sources), a node.
SELECT * FROM gridtwin.blast_radius('L2');
SELECT * FROM gridtwin.blast_radius('F2');
SELECT sum(customers) AS customers FROM gridtwin.blast_radius('SUB1');
SELECT * FROM gridtwin.blast_radius('m2');
-- One side of the loop takes nobody down; the node both sides meet at does.
SELECT * FROM gridtwin.blast_radius('R3');
SELECT * FROM gridtwin.blast_radius('r1');
