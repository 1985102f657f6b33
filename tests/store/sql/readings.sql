-- Readings by meter, the latest, and the loads of an interval.
SELECT gridtwin.make_reading_days('2026-03-01', '2026-03-01');
SELECT gridtwin.refresh_meters();
SELECT meter, mrid, feeder FROM gridtwin.meters ORDER BY meter;
INSERT INTO gridtwin.ami_gold (reading_time, meter, kwh, voltage_v, meter_id, transformer, feeder)
SELECT t, m.meter, 0.25 * m.meter, 119 + m.meter, m.mrid, m.transformer, m.feeder
FROM gridtwin.meters m
CROSS JOIN generate_series('2026-03-01 12:00Z', '2026-03-01 12:30Z', interval '15 min') t
WHERE m.mrid <> 'MD';
SELECT reading_time, kwh, voltage_v, feeder
FROM gridtwin.readings_of('M3', '2026-03-01 12:01Z', '2026-03-01 13:00Z');
SELECT usage_point, at, kwh, energized FROM grid.ami_realtime ORDER BY usage_point;
SELECT gridtwin.sum_loads('2026-03-01 12:00Z');
SELECT feeder, kwh, meters, missing, v_min, v_max FROM gridtwin.feeder_load ORDER BY feeder;
SELECT gridtwin.drop_reading_days('2026-03-02');
SELECT gridtwin.read_load_zone('{"load_zone": "N"}') AS text,
    gridtwin.read_load_zone('{"load_zone": 7.0}') AS number,
    gridtwin.read_load_zone('{"load_zone": ""}') AS empty,
    gridtwin.read_load_zone('{}') AS none;
UPDATE gridtwin.feeders SET own = '{"load_zone": "NORTH"}' WHERE mrid = 'F1';
UPDATE gridtwin.usage_points SET transformer = (SELECT min(row) FROM gridtwin.equipment);
SELECT gridtwin.refresh_meters();
SELECT load_zone FROM gridtwin.transformer_zones;
INSERT INTO gridtwin.zone_prices VALUES ('NORTH', '2026-03-01 12:00Z', 40);
SELECT load_zone FROM gridtwin.transformer_zones;
