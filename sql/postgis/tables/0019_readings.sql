-- 0019: readings of meters as they stream in: raw, deduplicated, joined, and loads.
--
-- What arrives is kept as it came (ami_bronze), once per meter and interval (ami_silver), with what
-- the meter hung on (ami_gold), and is read with weather and price (ami_realtime). All are cut by
-- day, so that old days are dropped and not deleted. A reading is of a meter's small number, not of
-- its row in the network: a sync renumbers rows, and readings stay true.
--
-- feeder_load is small, a row for each feeder and interval, and outlives the readings: it is kept
-- when their days are dropped, until gridtwin.forget_feeder_loads.
--
-- Makes nothing where the files 1 to 14 have made it: see 0015.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE IF NOT EXISTS gridtwin.meters (
    meter int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mrid text NOT NULL UNIQUE,
    transformer text,
    feeder text
);

COMMENT ON TABLE gridtwin.meters IS
    'A small number for every meter that was ever known here, and what it hangs on now';
COMMENT ON COLUMN gridtwin.meters.meter IS 'Number of the meter in the tables of readings';
COMMENT ON COLUMN gridtwin.meters.mrid IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.meters.transformer IS
    'mRID of the transformer that serves it; null = not recorded';
COMMENT ON COLUMN gridtwin.meters.feeder IS
    'mRID of the feeder that supplies it; of the one it belongs to, where none does; null = none';

CREATE TABLE IF NOT EXISTS gridtwin.meter_events (
    event_id text PRIMARY KEY,
    usage_point text NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX IF NOT EXISTS meter_events_at ON gridtwin.meter_events USING brin (at);
CREATE INDEX IF NOT EXISTS meter_events_usage_point ON gridtwin.meter_events (usage_point, at);

COMMENT ON TABLE gridtwin.meter_events IS 'Events that meters report, each once';
COMMENT ON COLUMN gridtwin.meter_events.event_id IS
    'Id given by the sender; one sent twice is kept once';
COMMENT ON COLUMN gridtwin.meter_events.usage_point IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.meter_events.at IS 'When it happened';
COMMENT ON COLUMN gridtwin.meter_events.kind IS 'What happened, such as last_gasp or power_up';
COMMENT ON COLUMN gridtwin.meter_events.received_at IS 'When it arrived';

CREATE TABLE IF NOT EXISTS gridtwin.conditions (
    "time" timestamptz PRIMARY KEY,
    temperature_c real,
    price_usd_mwh real,
    kafka_offset bigint NOT NULL DEFAULT -1
);

COMMENT ON TABLE gridtwin.conditions IS 'Weather and price, by interval of 15 minutes';
COMMENT ON COLUMN gridtwin.conditions."time" IS 'End of the interval';
COMMENT ON COLUMN gridtwin.conditions.temperature_c IS 'Degrees Celsius; null = not given';
COMMENT ON COLUMN gridtwin.conditions.price_usd_mwh IS
    'US dollars a megawatt-hour; null = not given';
COMMENT ON COLUMN gridtwin.conditions.kafka_offset IS 'Offset of the message; the highest counts';

CREATE TABLE IF NOT EXISTS gridtwin.ami_bronze (
    received_at timestamptz NOT NULL DEFAULT now(),
    topic text NOT NULL,
    partition smallint NOT NULL,
    kafka_offset bigint NOT NULL,
    value bytea
) PARTITION BY RANGE (received_at);

CREATE INDEX IF NOT EXISTS ami_bronze_place ON gridtwin.ami_bronze USING brin (kafka_offset);

COMMENT ON TABLE gridtwin.ami_bronze IS 'Messages as they came, also those that could not be used';
COMMENT ON COLUMN gridtwin.ami_bronze.received_at IS 'When the batch was written that it came in';
COMMENT ON COLUMN gridtwin.ami_bronze.topic IS 'Topic it came from';
COMMENT ON COLUMN gridtwin.ami_bronze.partition IS 'Partition of the topic';
COMMENT ON COLUMN gridtwin.ami_bronze.kafka_offset IS 'Offset in the partition';
COMMENT ON COLUMN gridtwin.ami_bronze.value IS 'The message; null where it was empty';

CREATE TABLE IF NOT EXISTS gridtwin.ami_silver (
    reading_time timestamptz,
    meter int,
    kwh real,
    voltage_v real,
    kafka_offset bigint NOT NULL,
    partition smallint NOT NULL,
    PRIMARY KEY (reading_time, meter)
) PARTITION BY RANGE (reading_time);

COMMENT ON TABLE gridtwin.ami_silver IS
    'Readings of meters, one for each meter and interval: that of the highest offset';
COMMENT ON COLUMN gridtwin.ami_silver.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.ami_silver.meter IS 'Number of the meter; see gridtwin.meters';
COMMENT ON COLUMN gridtwin.ami_silver.kwh IS
    'Energy of the interval in kilowatt-hours; below zero: received';
COMMENT ON COLUMN gridtwin.ami_silver.voltage_v IS
    'Mean rms voltage of the interval, on a base of 120 V';
COMMENT ON COLUMN gridtwin.ami_silver.kafka_offset IS 'Offset of the message';
COMMENT ON COLUMN gridtwin.ami_silver.partition IS 'Partition the message came from';

CREATE TABLE IF NOT EXISTS gridtwin.ami_gold (
    reading_time timestamptz,
    meter int,
    kwh real,
    voltage_v real,
    meter_id text NOT NULL,
    transformer text,
    feeder text,
    PRIMARY KEY (reading_time, meter)
) PARTITION BY RANGE (reading_time);

COMMENT ON TABLE gridtwin.ami_gold IS
    'The readings of ami_silver with what the meter hung on as they came';
COMMENT ON COLUMN gridtwin.ami_gold.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.ami_gold.meter IS 'Number of the meter; see gridtwin.meters';
COMMENT ON COLUMN gridtwin.ami_gold.kwh IS
    'Energy of the interval in kilowatt-hours; below zero: received';
COMMENT ON COLUMN gridtwin.ami_gold.voltage_v IS
    'Mean rms voltage of the interval, on a base of 120 V';
COMMENT ON COLUMN gridtwin.ami_gold.meter_id IS 'mRID of the usage point';
COMMENT ON COLUMN gridtwin.ami_gold.transformer IS 'mRID of its transformer; null = not recorded';
COMMENT ON COLUMN gridtwin.ami_gold.feeder IS 'mRID of its feeder; null = none';

CREATE TABLE IF NOT EXISTS gridtwin.transformer_load (
    reading_time timestamptz,
    transformer text,
    kwh double precision,
    meters int NOT NULL,
    v_min real,
    v_max real,
    PRIMARY KEY (reading_time, transformer)
) PARTITION BY RANGE (reading_time);

COMMENT ON TABLE gridtwin.transformer_load IS
    'Load of each transformer and interval, from the readings of its meters';
COMMENT ON COLUMN gridtwin.transformer_load.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.transformer_load.transformer IS 'mRID of the transformer';
COMMENT ON COLUMN gridtwin.transformer_load.kwh IS
    'Sum of the energies that are known; null = none is';
COMMENT ON COLUMN gridtwin.transformer_load.meters IS 'Meters that were read';
COMMENT ON COLUMN gridtwin.transformer_load.v_min IS
    'Lowest voltage of a meter, on a base of 120 V';
COMMENT ON COLUMN gridtwin.transformer_load.v_max IS
    'Highest voltage of a meter, on a base of 120 V';

CREATE TABLE IF NOT EXISTS gridtwin.feeder_load (
    reading_time timestamptz,
    feeder text,
    kwh double precision,
    meters int NOT NULL,
    missing int NOT NULL,
    below_a int NOT NULL,
    above_a int NOT NULL,
    below_b int NOT NULL,
    above_b int NOT NULL,
    v_min real,
    v_max real,
    PRIMARY KEY (reading_time, feeder)
);

COMMENT ON TABLE gridtwin.feeder_load IS
    'Load and voltages of each feeder and interval, from the readings of its meters';
COMMENT ON COLUMN gridtwin.feeder_load.reading_time IS 'End of the interval of 15 minutes';
COMMENT ON COLUMN gridtwin.feeder_load.feeder IS 'mRID of the feeder';
COMMENT ON COLUMN gridtwin.feeder_load.kwh IS 'Sum of the energies that are known; null = none is';
COMMENT ON COLUMN gridtwin.feeder_load.meters IS 'Meters it feeds';
COMMENT ON COLUMN gridtwin.feeder_load.missing IS 'Of those, without an energy';
COMMENT ON COLUMN gridtwin.feeder_load.below_a IS
    'Meters below Range A of ANSI C84.1, 114 V on a base of 120 V';
COMMENT ON COLUMN gridtwin.feeder_load.above_a IS 'Meters above Range A, 126 V';
COMMENT ON COLUMN gridtwin.feeder_load.below_b IS 'Of those below Range A, below Range B, 110 V';
COMMENT ON COLUMN gridtwin.feeder_load.above_b IS 'Of those above Range A, above Range B, 127 V';
COMMENT ON COLUMN gridtwin.feeder_load.v_min IS 'Lowest voltage of a meter, on a base of 120 V';
COMMENT ON COLUMN gridtwin.feeder_load.v_max IS 'Highest voltage of a meter, on a base of 120 V';

CREATE TABLE IF NOT EXISTS gridtwin.loads_due (
    reading_time timestamptz PRIMARY KEY,
    touched_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE gridtwin.loads_due IS
    'Intervals with readings that transformer_load does not count yet';
COMMENT ON COLUMN gridtwin.loads_due.reading_time IS 'End of the interval';
COMMENT ON COLUMN gridtwin.loads_due.touched_at IS 'When the last such reading was written';

CREATE TABLE IF NOT EXISTS gridtwin.stream_offsets (
    stream text,
    topic text,
    partition int,
    next_offset bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    worker text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stream, topic, partition)
) WITH (fillfactor = 50);

COMMENT ON TABLE gridtwin.stream_offsets IS
    'How far each partition of a topic has been read; written with the readings, in one transaction';
COMMENT ON COLUMN gridtwin.stream_offsets.stream IS 'Name of the consumer group';
COMMENT ON COLUMN gridtwin.stream_offsets.topic IS 'Topic';
COMMENT ON COLUMN gridtwin.stream_offsets.partition IS 'Partition of the topic';
COMMENT ON COLUMN gridtwin.stream_offsets.next_offset IS 'Offset of the first message not read yet';
COMMENT ON COLUMN gridtwin.stream_offsets.epoch IS
    'How often the partition was claimed; a worker with an older one may not write';
COMMENT ON COLUMN gridtwin.stream_offsets.worker IS 'Who claimed it last';
COMMENT ON COLUMN gridtwin.stream_offsets.updated_at IS 'When it was last written';

CREATE TABLE IF NOT EXISTS gridtwin.dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL,
    partition int NOT NULL,
    kafka_offset bigint NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    reason text NOT NULL,
    value bytea,
    replayed_at timestamptz,
    UNIQUE (topic, partition, kafka_offset)
);

COMMENT ON TABLE gridtwin.dead_letters IS 'Messages that could not be used, and why';
COMMENT ON COLUMN gridtwin.dead_letters.id IS 'Number';
COMMENT ON COLUMN gridtwin.dead_letters.topic IS 'Topic it came from';
COMMENT ON COLUMN gridtwin.dead_letters.partition IS 'Partition of the topic';
COMMENT ON COLUMN gridtwin.dead_letters.kafka_offset IS 'Offset in the partition';
COMMENT ON COLUMN gridtwin.dead_letters.received_at IS 'When it was set apart';
COMMENT ON COLUMN gridtwin.dead_letters.reason IS 'What is wrong with it';
COMMENT ON COLUMN gridtwin.dead_letters.value IS 'The message; null where it was empty';
COMMENT ON COLUMN gridtwin.dead_letters.replayed_at IS
    'When it was taken after all; null = not yet';

INSERT INTO gridtwin.migrations (number, name) VALUES (19, 'readings');

COMMIT;
