-- What the layers mean, for questions in words: Cortex Analyst reads this view.
--
-- semantic_model.yaml says the same; SYSTEM$CREATE_SEMANTIC_VIEW_FROM_YAML takes it with TRUE as its
-- last argument to check it only. Replaced with its grants, since a view holds no data.

USE ROLE "GRIDTWIN_TRANSFORMER";

CREATE OR REPLACE SEMANTIC VIEW "GRIDTWIN"."GOLD".GRID_ANALYTICS
TABLES (
    transformer_load AS "GRIDTWIN"."GOLD".TRANSFORMER_LOAD PRIMARY KEY (reading_time, transformer) WITH SYNONYMS = ('transformer loading') COMMENT = 'Load of each transformer and interval, from the readings of its meters',
    feeder_load AS "GRIDTWIN"."GOLD".FEEDER_LOAD PRIMARY KEY (reading_time, feeder) WITH SYNONYMS = ('circuit load') COMMENT = 'Load and voltages of each feeder and interval, from the readings of its meters',
    transformers AS "GRIDTWIN"."NETWORK".TRANSFORMERS PRIMARY KEY (transformer) COMMENT = 'Transformers and their ratings',
    conditions AS "GRIDTWIN"."GOLD".CONDITIONS PRIMARY KEY (time) COMMENT = 'Weather and price of the whole territory by interval',
    transformer_zones AS "GRIDTWIN"."NETWORK".TRANSFORMER_ZONES PRIMARY KEY (transformer) COMMENT = 'Load zones of transformers, as far as they are known',
    zone_prices AS "GRIDTWIN"."GOLD".ZONE_PRICES PRIMARY KEY (load_zone, time) COMMENT = 'Price of each load zone by interval; where a zone has none, that of conditions holds',
    outage_usage_points AS "GRIDTWIN"."RESULTS".INTERRUPTIONS PRIMARY KEY (outage, usage_point) WITH SYNONYMS = ('interruptions', 'outages') COMMENT = 'Interruptions of usage points, each in one outage',
    usage_points AS "GRIDTWIN"."NETWORK".USAGE_POINTS PRIMARY KEY (mrid) WITH SYNONYMS = ('meters', 'premises') COMMENT = 'Where customers are served',
    vegetation_spans AS "GRIDTWIN"."RESULTS".CURRENT_VEGETATION_SPANS PRIMARY KEY (span) WITH SYNONYMS = ('trimming', 'vegetation') COMMENT = 'Spans of line at risk of vegetation, as they were last measured'
)
RELATIONSHIPS (
    transformer_load_to_transformers AS transformer_load (transformer) REFERENCES transformers (transformer),
    transformer_load_to_transformer_zones AS transformer_load (transformer) REFERENCES transformer_zones (transformer),
    transformer_load_to_conditions AS transformer_load (reading_time) REFERENCES conditions (time),
    feeder_load_to_conditions AS feeder_load (reading_time) REFERENCES conditions (time),
    outage_usage_points_to_usage_points AS outage_usage_points (usage_point) REFERENCES usage_points (mrid)
)
FACTS (
    transformer_load.kwh AS kwh COMMENT = 'Energy of the interval in kilowatt-hours; below zero: received',
    transformer_load.v_min AS v_min COMMENT = 'Lowest voltage of a meter, on a base of 120 V',
    transformer_load.v_max AS v_max COMMENT = 'Highest voltage of a meter, on a base of 120 V',
    feeder_load.kwh AS kwh COMMENT = 'Energy of the interval in kilowatt-hours; below zero: received',
    feeder_load.below_a AS below_a COMMENT = 'Meters below Range A of ANSI C84.1, 114 V on a base of 120 V',
    feeder_load.above_a AS above_a COMMENT = 'Meters above Range A, 126 V',
    feeder_load.below_b AS below_b COMMENT = 'Of those below Range A, below Range B, 110 V',
    feeder_load.above_b AS above_b COMMENT = 'Of those above Range A, above Range B, 127 V',
    feeder_load.v_min AS v_min COMMENT = 'Lowest voltage of a meter, on a base of 120 V',
    feeder_load.v_max AS v_max COMMENT = 'Highest voltage of a meter, on a base of 120 V',
    transformers.rated_kva AS rated_kva WITH SYNONYMS = ('rating', 'size') COMMENT = 'Nameplate in kVA',
    conditions.price_usd_mwh AS price_usd_mwh WITH SYNONYMS = ('price', 'LMP') COMMENT = 'US dollars a megawatt-hour',
    conditions.temperature_c AS temperature_c WITH SYNONYMS = ('temperature', 'weather') COMMENT = 'Degrees Celsius; null = not known',
    zone_prices.price_usd_mwh AS price_usd_mwh WITH SYNONYMS = ('price', 'LMP') COMMENT = 'US dollars a megawatt-hour',
    usage_points.customers AS customers COMMENT = 'Customers served there',
    vegetation_spans.score AS score COMMENT = 'Chance of a failure by vegetation within a year, percent',
    vegetation_spans.length_in_risk_m AS length_in_risk_m COMMENT = 'Meters of it inside areas of risk',
    vegetation_spans.customers AS customers COMMENT = 'Customers a fault there interrupts',
    vegetation_spans.priority_sites AS priority_sites COMMENT = 'Usage points with a priority that are interrupted',
    vegetation_spans.customer_minutes_at_risk AS customer_minutes_at_risk COMMENT = 'Customer-minutes at risk in a year',
    vegetation_spans.customer_minutes_per_km AS customer_minutes_per_km COMMENT = 'Of these, for each kilometer in areas of risk'
)
DIMENSIONS (
    transformer_load.reading_time AS reading_time WITH SYNONYMS = ('interval', 'when') COMMENT = 'End of the interval of 15 minutes, UTC',
    transformer_load.transformer AS transformer COMMENT = 'mRID of the transformer',
    feeder_load.reading_time AS reading_time WITH SYNONYMS = ('interval', 'when') COMMENT = 'End of the interval of 15 minutes, UTC',
    feeder_load.feeder AS feeder WITH SYNONYMS = ('circuit') COMMENT = 'mRID of the feeder',
    transformers.transformer AS transformer COMMENT = 'mRID of the transformer',
    transformers.mrid AS mrid COMMENT = 'mRID of the transformer, as people see it',
    conditions.time AS time COMMENT = 'End of the interval of 15 minutes, UTC',
    transformer_zones.transformer AS transformer COMMENT = 'mRID of the transformer',
    transformer_zones.load_zone AS load_zone WITH SYNONYMS = ('zone') COMMENT = 'Load zone of the market',
    zone_prices.load_zone AS load_zone WITH SYNONYMS = ('zone') COMMENT = 'Load zone of the market',
    zone_prices.time AS time COMMENT = 'End of the interval of 15 minutes, UTC',
    outage_usage_points.outage AS outage COMMENT = 'Id of the outage',
    outage_usage_points.usage_point AS usage_point WITH SYNONYMS = ('meter', 'premise') COMMENT = 'mRID of the usage point',
    outage_usage_points.began_at AS began_at COMMENT = 'When its supply was lost, UTC',
    outage_usage_points.restored_at AS restored_at COMMENT = 'When it was back, UTC; null = still out',
    usage_points.mrid AS mrid COMMENT = 'mRID of the usage point',
    vegetation_spans.span AS span WITH SYNONYMS = ('line') COMMENT = 'mRID of the line',
    vegetation_spans.feeder AS feeder WITH SYNONYMS = ('circuit') COMMENT = 'mRID of its feeder; empty = none',
    vegetation_spans.risk_class AS risk_class WITH SYNONYMS = ('risk') COMMENT = 'low, moderate, high or extreme'
)
METRICS (
    transformer_load.energy_kwh AS SUM(kwh) WITH SYNONYMS = ('consumption') COMMENT = 'Energy in kilowatt-hours',
    transformer_load.transformer_peak_kw AS MAX(ABS(kwh)) * 4 COMMENT = 'Highest mean power of an interval, kW',
    transformer_load.transformer_mean_kw AS AVG(kwh) * 4 COMMENT = 'Mean power, kW',
    feeder_load.peak_kw AS MAX(kwh) * 4 COMMENT = 'Peak: highest mean power of an interval, kW',
    feeder_load.mean_kw AS AVG(kwh) * 4 COMMENT = 'Mean power, kW',
    feeder_load.load_factor AS AVG(kwh) / NULLIF(MAX(kwh), 0) COMMENT = 'Mean of the intervals over their peak',
    feeder_load.lowest_v AS MIN(v_min) COMMENT = 'Lowest voltage of a meter in the period, V',
    feeder_load.highest_v AS MAX(v_max) COMMENT = 'Highest voltage of a meter in the period, V',
    feeder_load.below_a_h AS SUM(below_a) / 4.0 COMMENT = 'Meter-hours below Range A',
    feeder_load.above_a_h AS SUM(above_a) / 4.0 COMMENT = 'Meter-hours above Range A',
    feeder_load.below_b_h AS SUM(below_b) / 4.0 COMMENT = 'Meter-hours below Range B',
    feeder_load.above_b_h AS SUM(above_b) / 4.0 COMMENT = 'Meter-hours above Range B',
    transformers.installed_kva AS SUM(rated_kva) COMMENT = 'Nameplates added up, kVA',
    conditions.mean_price AS AVG(price_usd_mwh) COMMENT = 'Mean price, $/MWh',
    conditions.mean_temperature AS AVG(temperature_c) COMMENT = 'Mean temperature, degrees Celsius',
    transformer_zones.zoned_transformers AS COUNT(*) COMMENT = 'Transformers whose zone is known',
    zone_prices.mean_zone_price AS AVG(price_usd_mwh) COMMENT = 'Mean price of the zone, $/MWh',
    outage_usage_points.interruptions AS COUNT(*) COMMENT = 'Interruptions of usage points',
    outage_usage_points.points_out AS COUNT(DISTINCT usage_point) COMMENT = 'Usage points interrupted',
    usage_points.customers_served AS SUM(customers) COMMENT = 'Customers served (IEEE 1366)',
    vegetation_spans.spans_at_risk AS COUNT(*) COMMENT = 'Spans at risk of vegetation',
    vegetation_spans.minutes_at_risk AS SUM(customer_minutes_at_risk) COMMENT = 'Customer-minutes at risk in a year'
)
COMMENT = 'Load, voltage, price and interruptions of a distribution network'
AI_SQL_GENERATION 'Times are in UTC and name the end of an interval of 15 minutes. Power in kW is four times the energy of an interval in kWh. Without a period, ask of the last 30 days.'
AI_VERIFIED_QUERIES (
    overloaded AS (
        QUESTION 'Which transformers were loaded above their nameplate in the last 30 days?'
        SQL 'WITH heavy AS ( SELECT p.transformer, sum(p.intervals) AS intervals, max(p.highest_kwh) AS most_kwh FROM (SELECT reading_time AS first_at, reading_time AS last_at, transformer, 1 AS intervals, abs(kwh) AS lowest_kwh, abs(kwh) AS highest_kwh FROM transformer_load) p JOIN transformers r ON r.transformer = p.transformer WHERE p.first_at > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND p.last_at <= CURRENT_TIMESTAMP() AND p.lowest_kwh > r.rated_kva * CAST(100 AS double precision) / 100 * 0.95 / 4 GROUP BY p.transformer ) SELECT r.mrid AS transformer, r.rated_kva, h.intervals / 4.0 AS hours, h.most_kwh * 4 / 0.95 AS peak_kva, h.most_kwh * 400 / 0.95 / r.rated_kva AS peak_pct FROM heavy h JOIN transformers r ON r.transformer = h.transformer ORDER BY peak_pct DESC, transformer'
    ),
    overloaded_at_price AS (
        QUESTION 'Which transformers were loaded above their nameplate while the price was above 100 dollars a megawatt-hour in the last 30 days?'
        SQL 'WITH dear AS ( SELECT c.time AS reading_time FROM conditions c WHERE c.price_usd_mwh > CAST(100 AS double precision) AND c.time > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND c.time <= CURRENT_TIMESTAMP() UNION SELECT z.time FROM zone_prices z WHERE z.price_usd_mwh > CAST(100 AS double precision) AND z.time > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND z.time <= CURRENT_TIMESTAMP() ), heavy AS ( SELECT p.transformer, sum(p.intervals) AS intervals, max(p.highest_kwh) AS most_kwh FROM (SELECT reading_time AS first_at, reading_time AS last_at, transformer, 1 AS intervals, abs(kwh) AS lowest_kwh, abs(kwh) AS highest_kwh FROM transformer_load) p JOIN dear d ON d.reading_time = p.first_at JOIN transformers r ON r.transformer = p.transformer LEFT JOIN transformer_zones n ON n.transformer = p.transformer LEFT JOIN zone_prices z ON z.load_zone = n.load_zone AND z.time = p.first_at LEFT JOIN conditions c ON c.time = p.first_at WHERE p.first_at > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND p.last_at <= CURRENT_TIMESTAMP() AND p.lowest_kwh > r.rated_kva * CAST(100 AS double precision) / 100 * 0.95 / 4 AND coalesce(z.price_usd_mwh, c.price_usd_mwh) > CAST(100 AS double precision) GROUP BY p.transformer ) SELECT r.mrid AS transformer, r.rated_kva, h.intervals / 4.0 AS hours, h.most_kwh * 4 / 0.95 AS peak_kva, h.most_kwh * 400 / 0.95 / r.rated_kva AS peak_pct FROM heavy h JOIN transformers r ON r.transformer = h.transformer ORDER BY peak_pct DESC, transformer'
    ),
    voltages AS (
        QUESTION 'How low and how high did voltages go on each feeder in the last 30 days?'
        SQL 'WITH worst AS ( SELECT p.feeder, min(p.v_min) AS v_min, max(p.v_max) AS v_max, sum(p.below_a) / 4.0 AS below_a_h, sum(p.above_a) / 4.0 AS above_a_h, sum(p.below_b) / 4.0 AS below_b_h, sum(p.above_b) / 4.0 AS above_b_h FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM feeder_load) p WHERE p.first_at > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND p.last_at <= CURRENT_TIMESTAMP() AND p.v_min IS NOT NULL GROUP BY p.feeder ), times AS ( SELECT p.feeder, min(CASE WHEN p.v_min = w.v_min THEN p.v_min_at END) AS v_min_at, min(CASE WHEN p.v_max = w.v_max THEN p.v_max_at END) AS v_max_at FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM feeder_load) p JOIN worst w ON w.feeder = p.feeder WHERE p.first_at > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND p.last_at <= CURRENT_TIMESTAMP() GROUP BY p.feeder ) SELECT w.feeder, w.v_min, t.v_min_at, w.v_max, t.v_max_at, w.below_a_h, w.above_a_h, w.below_b_h, w.above_b_h FROM worst w JOIN times t ON t.feeder = w.feeder ORDER BY w.v_min, w.feeder'
    ),
    peaks AS (
        QUESTION 'What was the peak of each feeder in the last 30 days, and its load at that of all?'
        SQL 'WITH own AS ( SELECT p.feeder, max(p.peak_kwh) AS kwh, sum(p.kwh) / sum(p.intervals) AS mean FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM feeder_load) p WHERE p.first_at > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND p.last_at <= CURRENT_TIMESTAMP() AND p.peak_kwh IS NOT NULL GROUP BY p.feeder ), common AS ( SELECT a.reading_time FROM (SELECT reading_time, sum(kwh) AS kwh FROM feeder_load GROUP BY reading_time) a WHERE a.reading_time > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND a.reading_time <= CURRENT_TIMESTAMP() AND a.kwh IS NOT NULL ORDER BY a.kwh DESC, a.reading_time LIMIT 1 ), times AS ( SELECT p.feeder, min(p.peak_kwh_at) AS peak_at FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM feeder_load) p JOIN own o ON o.feeder = p.feeder AND o.kwh = p.peak_kwh WHERE p.first_at > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND p.last_at <= CURRENT_TIMESTAMP() GROUP BY p.feeder ), then_carried AS ( SELECT f.feeder, f.kwh FROM feeder_load f JOIN common c ON c.reading_time = f.reading_time ) SELECT o.feeder, o.kwh * 4 AS peak_kw, t.peak_at, coalesce(n.kwh, 0) * 4 AS at_common_peak_kw, c.reading_time AS common_peak_at, o.mean / nullif(o.kwh, 0) AS load_factor FROM own o JOIN times t ON t.feeder = o.feeder CROSS JOIN common c LEFT JOIN then_carried n ON n.feeder = o.feeder ORDER BY peak_kw DESC, o.feeder'
    ),
    weather AS (
        QUESTION 'How did the load of all feeders follow the temperature in the last 30 days?'
        SQL 'WITH felt AS ( SELECT c.time, floor(CAST(c.temperature_c AS double precision) / 2) * 2 AS from_c FROM conditions c WHERE c.time > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND c.time <= CURRENT_TIMESTAMP() AND c.temperature_c BETWEEN -90 AND 70 ) SELECT f.from_c, count(*) / 4.0 AS hours, avg(a.kwh) * 4 AS mean_kw, max(a.kwh) * 4 AS peak_kw FROM (SELECT reading_time, sum(kwh) AS kwh FROM feeder_load GROUP BY reading_time) a JOIN felt f ON f.time = a.reading_time WHERE a.reading_time > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND a.reading_time <= CURRENT_TIMESTAMP() AND a.kwh IS NOT NULL GROUP BY f.from_c ORDER BY from_c'
    ),
    hours_out AS (
        QUESTION 'How many customers were out for how many hours in the last 30 days?'
        SQL 'WITH spells AS ( SELECT m.usage_point, greatest(m.began_at, CAST(DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AS timestamp with time zone)) AS began_at, least(coalesce(m.restored_at, CAST(CURRENT_TIMESTAMP() AS timestamp with time zone)), CAST(CURRENT_TIMESTAMP() AS timestamp with time zone)) AS ended_at FROM outage_usage_points m WHERE m.began_at < CURRENT_TIMESTAMP() AND (m.restored_at IS NULL OR m.restored_at > DATEADD(''day'', -30, CURRENT_TIMESTAMP())) ), each AS ( SELECT s.usage_point, sum(extract(epoch FROM s.ended_at) - extract(epoch FROM s.began_at)) / 3600.0 AS hours FROM spells s GROUP BY s.usage_point ), bands AS ( SELECT CASE WHEN e.hours < 1 THEN 0 WHEN e.hours < 2 THEN 1 WHEN e.hours < 4 THEN 2 WHEN e.hours < 8 THEN 4 WHEN e.hours < 12 THEN 8 WHEN e.hours < 24 THEN 12 WHEN e.hours < 48 THEN 24 WHEN e.hours < 96 THEN 48 ELSE 96 END AS from_h, e.hours, u.customers FROM each e JOIN usage_points u ON u.mrid = e.usage_point ) SELECT b.from_h, count(*) AS usage_points, sum(b.customers) AS customers, sum(b.customers * b.hours) AS customer_hours FROM bands b GROUP BY b.from_h ORDER BY b.from_h'
    ),
    vegetation AS (
        QUESTION 'Which spans are at risk of vegetation, and what do their feeders carry at the peak?'
        SQL 'WITH peaks AS ( SELECT p.feeder, max(p.peak_kwh) AS kwh FROM (SELECT reading_time AS first_at, reading_time AS last_at, feeder, CASE WHEN kwh IS NULL THEN 0 ELSE 1 END AS intervals, kwh, kwh AS peak_kwh, reading_time AS peak_kwh_at, below_a, above_a, below_b, above_b, v_min, reading_time AS v_min_at, v_max, reading_time AS v_max_at FROM feeder_load) p WHERE p.first_at > DATEADD(''day'', -30, CURRENT_TIMESTAMP()) AND p.last_at <= CURRENT_TIMESTAMP() GROUP BY p.feeder ) SELECT s.span, s.feeder, s.risk_class, s.score, s.length_in_risk_m, s.customers, s.priority_sites, s.customer_minutes_at_risk, s.customer_minutes_per_km, p.kwh * 4 AS feeder_peak_kw FROM vegetation_spans s LEFT JOIN peaks p ON p.feeder = s.feeder ORDER BY s.customer_minutes_per_km DESC, s.span'
    )
)
COPY GRANTS;

GRANT SELECT ON SEMANTIC VIEW "GRIDTWIN"."GOLD".GRID_ANALYTICS TO ROLE "GRIDTWIN_READER";
