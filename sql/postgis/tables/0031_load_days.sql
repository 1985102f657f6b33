-- 0031: loads of transformers by day, so that questions of weeks read a row for 96 intervals.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.load_days (
    day date PRIMARY KEY,
    touched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    summed_at timestamptz,
    closed boolean NOT NULL DEFAULT false
);

COMMENT ON TABLE gridtwin.load_days IS
    'Days (UTC) of transformer_load, and whether transformer_day_load holds them as they are now';
COMMENT ON COLUMN gridtwin.load_days.day IS 'Day in which the intervals end';
COMMENT ON COLUMN gridtwin.load_days.touched_at IS 'When a load of it was last written';
COMMENT ON COLUMN gridtwin.load_days.summed_at IS
    'When transformer_day_load was written; null = not since a load was';
COMMENT ON COLUMN gridtwin.load_days.closed IS
    'Whether its intervals were dropped: what was summed stays as it is';

CREATE TABLE gridtwin.transformer_day_load (
    day date,
    transformer text COLLATE "C",
    kwh double precision[] NOT NULL,
    slots smallint[] NOT NULL,
    PRIMARY KEY (day, transformer)
);

COMMENT ON TABLE gridtwin.transformer_day_load IS
    'Loads of each transformer on a day, in the order of their size';
COMMENT ON COLUMN gridtwin.transformer_day_load.day IS 'Day (UTC) in which the intervals end';
COMMENT ON COLUMN gridtwin.transformer_day_load.transformer IS 'mRID of the transformer';
COMMENT ON COLUMN gridtwin.transformer_day_load.kwh IS
    'Energies of its intervals that are known, rising';
COMMENT ON COLUMN gridtwin.transformer_day_load.slots IS
    'Which quarter of an hour of the day each ends, from 0 at midnight; last those not known';

CREATE TABLE gridtwin.transformer_blocks (
    transformer text COLLATE "C" PRIMARY KEY,
    block int NOT NULL
);
CREATE INDEX transformer_blocks_block ON gridtwin.transformer_blocks (block);

COMMENT ON TABLE gridtwin.transformer_blocks IS
    'Blocks of transformers whose loads by day are kept together, too; one keeps its block for ever';
COMMENT ON COLUMN gridtwin.transformer_blocks.transformer IS 'mRID of the transformer';
COMMENT ON COLUMN gridtwin.transformer_blocks.block IS 'Number of its block, from 0';

CREATE TABLE gridtwin.block_day_load (
    day date,
    block int,
    kwh double precision[] NOT NULL,
    slots smallint[] NOT NULL,
    PRIMARY KEY (day, block)
);

COMMENT ON TABLE gridtwin.block_day_load IS 'Loads of all transformers of each block on a day';
COMMENT ON COLUMN gridtwin.block_day_load.day IS 'Day (UTC) in which the intervals end';
COMMENT ON COLUMN gridtwin.block_day_load.block IS 'Block; see gridtwin.transformer_blocks';
COMMENT ON COLUMN gridtwin.block_day_load.kwh IS
    'Sum of the energies that are known, by interval; null = none is';
COMMENT ON COLUMN gridtwin.block_day_load.slots IS
    'Which quarter of an hour of the day each ends, from 0 at midnight';

INSERT INTO gridtwin.migrations (number, name) VALUES (31, 'load_days');

COMMIT;
