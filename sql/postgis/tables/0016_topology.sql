-- 0016: the topology of the current state, as intervals, and the feeder of each node as designed.
--
-- A node of the tree names the equipment that feeds it, so that one look-up by that name leads to
-- all that hangs on it. A segment has the number of its feeder: a feeder more, or one without
-- supply, renumbers no other.
--
-- Makes nothing where the files 1 to 14 have made it: see 0015.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE IF NOT EXISTS gridtwin.node_topology (
    node int PRIMARY KEY,
    segment int NOT NULL,
    ltin int NOT NULL,
    ltout int NOT NULL,
    parent int NOT NULL,
    feed int NOT NULL,
    depth int NOT NULL,
    customers int NOT NULL,
    below bigint NOT NULL,
    feed_mrid text NOT NULL DEFAULT '',
    feed_kind text NOT NULL DEFAULT '',
    designed smallint NOT NULL DEFAULT 0 CHECK (designed BETWEEN 0 AND 7),
    live smallint NOT NULL DEFAULT 0 CHECK (live BETWEEN 0 AND 7),
    served int NOT NULL DEFAULT 0
) WITH (fillfactor = 70);

CREATE INDEX IF NOT EXISTS node_topology_segment ON gridtwin.node_topology (segment, ltin)
    INCLUDE (node, depth, feed_mrid, feed_kind);
CREATE INDEX IF NOT EXISTS node_topology_feed
    ON gridtwin.node_topology (feed_mrid) WHERE feed_mrid <> '';
CREATE INDEX IF NOT EXISTS node_topology_lacking ON gridtwin.node_topology (node)
    WHERE segment = -1 OR designed & ~live <> 0;

COMMENT ON TABLE gridtwin.node_topology IS
    'How each node is supplied in the current state: a tree from the sources, as intervals, one '
    'segment per feeder';
COMMENT ON COLUMN gridtwin.node_topology.node IS 'Row of the node';
COMMENT ON COLUMN gridtwin.node_topology.segment IS 'Segment it lies in; -1 = in the dark';
COMMENT ON COLUMN gridtwin.node_topology.ltin IS
    'Place in its segment, in preorder; -1 in the dark';
COMMENT ON COLUMN gridtwin.node_topology.ltout IS
    'First place of its segment behind all that hangs on it; -1 in the dark';
COMMENT ON COLUMN gridtwin.node_topology.parent IS
    'Row of the node that feeds it; -1 at a source and in the dark';
COMMENT ON COLUMN gridtwin.node_topology.feed IS 'Row of the equipment from that node; -1 = none';
COMMENT ON COLUMN gridtwin.node_topology.depth IS
    'Pieces of equipment from the source; -1 in the dark';
COMMENT ON COLUMN gridtwin.node_topology.customers IS 'Customers there';
COMMENT ON COLUMN gridtwin.node_topology.below IS
    'Customers of its segment that hang on it and have supply now';
COMMENT ON COLUMN gridtwin.node_topology.feed_mrid IS
    'Id of the equipment that feeds it, here so that a trace reads one run of rows; empty = none';
COMMENT ON COLUMN gridtwin.node_topology.feed_kind IS 'Its kind; empty = none';
COMMENT ON COLUMN gridtwin.node_topology.designed IS
    'Phases as bits (A 1, B 2, C 4) that could be live were everything closed and in service';
COMMENT ON COLUMN gridtwin.node_topology.live IS 'Phases as bits (A 1, B 2, C 4) that are live now';
COMMENT ON COLUMN gridtwin.node_topology.served IS 'Of those, who have supply now';

CREATE TABLE IF NOT EXISTS gridtwin.segments (
    segment int PRIMARY KEY,
    feeder int,
    root int,
    hook int,
    meshed bool NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 0
);

CREATE INDEX IF NOT EXISTS segments_feeder ON gridtwin.segments (feeder);
CREATE INDEX IF NOT EXISTS segments_hook ON gridtwin.segments (hook);

COMMENT ON TABLE gridtwin.segments IS
    'Runs of the preorder that a switch operation rewrites as a whole';
COMMENT ON COLUMN gridtwin.segments.segment IS
    'Row of the feeder whose head leads there, and one; 0 lies above the heads';
COMMENT ON COLUMN gridtwin.segments.feeder IS
    'Row of the feeder it belongs to; null above the heads';
COMMENT ON COLUMN gridtwin.segments.root IS 'Row of the node at its first place; null for 0';
COMMENT ON COLUMN gridtwin.segments.hook IS 'Row of the node of segment 0 it hangs on';
COMMENT ON COLUMN gridtwin.segments.meshed IS
    'Whether a chord ends in it, so that intervals alone do not answer; for 0: whether any does '
    'anywhere';
COMMENT ON COLUMN gridtwin.segments.version IS 'Version of the current state that last rewrote it';

CREATE TABLE IF NOT EXISTS gridtwin.equipment_topology (
    equipment int PRIMARY KEY,
    node_a int NOT NULL,
    node_b int NOT NULL,
    passes smallint NOT NULL CHECK (passes BETWEEN 0 AND 7),
    one_way smallint NOT NULL CHECK (one_way BETWEEN -1 AND 1),
    mixes smallint NOT NULL CHECK (mixes BETWEEN -1 AND 1),
    child int NOT NULL DEFAULT -1
) WITH (fillfactor = 70);

CREATE INDEX IF NOT EXISTS equipment_topology_node_a ON gridtwin.equipment_topology (node_a);
CREATE INDEX IF NOT EXISTS equipment_topology_node_b ON gridtwin.equipment_topology (node_b);

COMMENT ON TABLE gridtwin.equipment_topology IS
    'What gets through each piece of equipment in the current state, and what hangs on it';
COMMENT ON COLUMN gridtwin.equipment_topology.equipment IS 'Row of the equipment';
COMMENT ON COLUMN gridtwin.equipment_topology.node_a IS 'Row of the node at its first terminal';
COMMENT ON COLUMN gridtwin.equipment_topology.node_b IS 'Row of the node at its second terminal';
COMMENT ON COLUMN gridtwin.equipment_topology.passes IS
    'Phases that get through (A 1, B 2, C 4); 0 = does not conduct';
COMMENT ON COLUMN gridtwin.equipment_topology.one_way IS
    '1 only from a to b, -1 only from b to a, 0 both ways';
COMMENT ON COLUMN gridtwin.equipment_topology.mixes IS
    '1: any phase at a energizes all at b, and none comes back; -1: the other way around';
COMMENT ON COLUMN gridtwin.equipment_topology.child IS
    'Row of the node it feeds in the tree; -1 = none';

CREATE TABLE IF NOT EXISTS gridtwin.chords (
    equipment int PRIMARY KEY,
    node_a int NOT NULL,
    node_b int NOT NULL
);

COMMENT ON TABLE gridtwin.chords IS
    'Live equipment outside of the tree: each closes a loop, or joins two sources';
COMMENT ON COLUMN gridtwin.chords.equipment IS 'Row of the equipment';
COMMENT ON COLUMN gridtwin.chords.node_a IS 'Row of the node at its first terminal';
COMMENT ON COLUMN gridtwin.chords.node_b IS 'Row of the node at its second terminal';

CREATE TABLE IF NOT EXISTS gridtwin.node_home (
    node int PRIMARY KEY,
    feeder int NOT NULL
);

CREATE INDEX IF NOT EXISTS node_home_feeder ON gridtwin.node_home (feeder);

COMMENT ON TABLE gridtwin.node_home IS 'Feeder that supplies each node with customers as designed';
COMMENT ON COLUMN gridtwin.node_home.node IS 'Row of the node';
COMMENT ON COLUMN gridtwin.node_home.feeder IS 'Row of the feeder';

INSERT INTO gridtwin.migrations (number, name) VALUES (16, 'topology');

COMMIT;
