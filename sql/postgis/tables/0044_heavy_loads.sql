-- 0044: heavy loads by interval, so that questions of few intervals read those alone.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

DROP FUNCTION IF EXISTS gridtwin.read_dear_loads(
    timestamptz, timestamptz, double precision, double precision, double precision
);

CREATE TABLE gridtwin.load_nameplates (
    number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    transformer text COLLATE "C" NOT NULL,
    rated_kva double precision,
    UNIQUE NULLS NOT DISTINCT (transformer, rated_kva)
);

COMMENT ON TABLE gridtwin.load_nameplates IS
    'Nameplates by which loads were found heavy; one keeps its number for ever';
COMMENT ON COLUMN gridtwin.load_nameplates.number IS 'What heavy_load names it by';
COMMENT ON COLUMN gridtwin.load_nameplates.transformer IS 'mRID of the transformer';
COMMENT ON COLUMN gridtwin.load_nameplates.rated_kva IS 'Nameplate in kVA that it had; null = not known';

CREATE TABLE gridtwin.heavy_load (
    day date,
    slot smallint,
    rated_kva double precision,
    nameplates int[] NOT NULL,
    kwh double precision[] NOT NULL,
    PRIMARY KEY (day, slot, rated_kva)
);

COMMENT ON TABLE gridtwin.heavy_load IS
    'Loads of an interval from a share of the nameplate on, in the order of their size';
COMMENT ON COLUMN gridtwin.heavy_load.day IS 'Day (UTC) in which the interval ends';
COMMENT ON COLUMN gridtwin.heavy_load.slot IS
    'Which quarter of an hour of the day it ends, from 0 at midnight';
COMMENT ON COLUMN gridtwin.heavy_load.rated_kva IS 'Nameplate of the transformers in kVA';
COMMENT ON COLUMN gridtwin.heavy_load.nameplates IS
    'Whose loads they are; see gridtwin.load_nameplates';
COMMENT ON COLUMN gridtwin.heavy_load.kwh IS 'Energies, whichever way they flow, rising';

ALTER TABLE gridtwin.load_days ADD COLUMN heavy_from double precision;
COMMENT ON COLUMN gridtwin.load_days.heavy_from IS
    'Share of the nameplate, kW to kVA, from which heavy_load has its loads; null = it has none';

-- Transformers are a small part of the equipment, and every question of loads asks for their ratings.
CREATE INDEX equipment_transformers ON gridtwin.equipment (mrid) INCLUDE (rated_va)
WHERE kind = 'power_transformer';

INSERT INTO gridtwin.migrations (number, name) VALUES (44, 'heavy_loads');

COMMIT;
