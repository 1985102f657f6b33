-- 0022: the columns of the six frames that are not of the model, each row's as one JSON object.
--
-- A sync brings columns and takes them away without changing a table: which there are, and of what
-- kind, are rows of own_columns.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

ALTER TABLE gridtwin.nodes ADD COLUMN own jsonb CHECK (jsonb_typeof(own) = 'object');
ALTER TABLE gridtwin.equipment ADD COLUMN own jsonb CHECK (jsonb_typeof(own) = 'object');
ALTER TABLE gridtwin.usage_points ADD COLUMN own jsonb CHECK (jsonb_typeof(own) = 'object');
ALTER TABLE gridtwin.sources ADD COLUMN own jsonb CHECK (jsonb_typeof(own) = 'object');
ALTER TABLE gridtwin.substations ADD COLUMN own jsonb CHECK (jsonb_typeof(own) = 'object');
ALTER TABLE gridtwin.feeders ADD COLUMN own jsonb CHECK (jsonb_typeof(own) = 'object');

-- For own @> '{"install_year": 1987}'; a network without own columns pays nothing.
CREATE INDEX nodes_own ON gridtwin.nodes USING gin (own jsonb_path_ops) WHERE own IS NOT NULL;
CREATE INDEX equipment_own ON gridtwin.equipment USING gin (own jsonb_path_ops)
    WHERE own IS NOT NULL;
CREATE INDEX usage_points_own ON gridtwin.usage_points USING gin (own jsonb_path_ops)
    WHERE own IS NOT NULL;
CREATE INDEX sources_own ON gridtwin.sources USING gin (own jsonb_path_ops) WHERE own IS NOT NULL;
CREATE INDEX substations_own ON gridtwin.substations USING gin (own jsonb_path_ops)
    WHERE own IS NOT NULL;
CREATE INDEX feeders_own ON gridtwin.feeders USING gin (own jsonb_path_ops) WHERE own IS NOT NULL;

CREATE TABLE gridtwin.own_columns (
    frame text NOT NULL CHECK (frame IN (
        'nodes', 'equipment', 'usage_points', 'sources', 'substations', 'feeders')),
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('text', 'number', 'flag', 'date')),
    place int NOT NULL CHECK (place >= 0),
    searched bool NOT NULL DEFAULT false,
    PRIMARY KEY (frame, name)
);

COMMENT ON TABLE gridtwin.own_columns IS
    'The columns of the six frames that are not of the model, and stand in their column own';
COMMENT ON COLUMN gridtwin.own_columns.frame IS 'Table of the frame';
COMMENT ON COLUMN gridtwin.own_columns.name IS 'Name, its key in own';
COMMENT ON COLUMN gridtwin.own_columns.kind IS
    'text, number, flag (true or false) or date (a text such as 2019-05-31)';
COMMENT ON COLUMN gridtwin.own_columns.place IS 'Its place among those of its frame, from 0';
COMMENT ON COLUMN gridtwin.own_columns.searched IS 'Whether elements are found by what it holds';

INSERT INTO gridtwin.migrations (number, name) VALUES (22, 'own_columns');

COMMIT;
