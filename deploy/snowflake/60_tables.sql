-- What gridtwin itself brings: the network and its topology, and what it worked out.
--
-- Tables of the network are replaced whole, in one transaction; results are added by run.

USE ROLE "GRIDTWIN_LOADER";

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".NODES (
    MRID VARCHAR NOT NULL COMMENT 'Id, unique in its frame',
    NOMINAL_V DOUBLE COMMENT 'Voltage from phase to phase in volts; null = not known',
    LONGITUDE DOUBLE COMMENT 'Longitude in degrees, WGS 84',
    LATITUDE DOUBLE COMMENT 'Latitude in degrees, WGS 84',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Node a row, as the twin holds it';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".EQUIPMENT (
    MRID VARCHAR NOT NULL COMMENT 'Id, unique in its frame',
    KIND VARCHAR NOT NULL COMMENT 'Kind, by its CIM name in snake case',
    NODE_A VARCHAR NOT NULL COMMENT 'Node at its first terminal',
    NODE_B VARCHAR NOT NULL COMMENT 'Node at its second terminal',
    PHASES VARCHAR COMMENT 'Phases it carries; empty = not recorded',
    NORMAL_OPEN VARCHAR COMMENT 'Phases that stand open as designed; empty = closed',
    NAME VARCHAR COMMENT 'What people call it; several may share one; empty = none',
    RATED_A DOUBLE COMMENT 'Rated current in amperes; null = not known',
    RATED_VA DOUBLE COMMENT 'Rated power in volt-amperes; null = not known',
    LENGTH_M DOUBLE COMMENT 'Length along the conductor in meters; null = not known',
    PLACEMENT VARCHAR COMMENT 'Where a line runs; empty = not known',
    CONTROL VARCHAR COMMENT 'How it is operated',
    IN_SERVICE BOOLEAN COMMENT 'Whether it is in service; out of service is not open',
    VECTOR_GROUP VARCHAR COMMENT 'Vector group of a transformer, such as Dyn11; empty = not known',
    COURSE_WKB BINARY COMMENT 'Course as WKB, WGS 84; null = straight',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Equipment a row, as the twin holds it';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".USAGE_POINTS (
    MRID VARCHAR NOT NULL COMMENT 'Id, unique in its frame',
    NODE VARCHAR NOT NULL COMMENT 'Node that serves it',
    PHASES VARCHAR COMMENT 'Phases it uses; empty = whatever its node carries',
    NAME VARCHAR COMMENT 'What people call it; several may share one; empty = none',
    CUSTOMERS NUMBER(12, 0) COMMENT 'Customers served here',
    PEAK_W DOUBLE COMMENT 'Peak load in watts; null = not known',
    SERVICE_CLASS VARCHAR COMMENT 'Class of service, such as residential; empty = not known',
    PRIORITY VARCHAR COMMENT 'Why it goes first, such as hospital; empty = none',
    TRANSFORMER VARCHAR COMMENT 'Transformer that serves it, as recorded; null = not known',
    LONGITUDE DOUBLE COMMENT 'Longitude in degrees, WGS 84',
    LATITUDE DOUBLE COMMENT 'Latitude in degrees, WGS 84',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Usage point a row, as the twin holds it';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".SOURCES (
    MRID VARCHAR NOT NULL COMMENT 'Id, unique in its frame',
    NODE VARCHAR NOT NULL COMMENT 'Node it feeds',
    PHASES VARCHAR COMMENT 'Phases it feeds; empty = all',
    KIND VARCHAR COMMENT 'Where its energy comes from',
    SUBSTATION VARCHAR COMMENT 'Substation it belongs to; null = none',
    RATED_VA DOUBLE COMMENT 'Rated power in volt-amperes; null = not known',
    IN_SERVICE BOOLEAN COMMENT 'Whether it is in service; out of service is not open',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Source a row, as the twin holds it';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".SUBSTATIONS (
    MRID VARCHAR NOT NULL COMMENT 'Id, unique in its frame',
    NAME VARCHAR COMMENT 'What people call it; several may share one; empty = none',
    RATED_VA DOUBLE COMMENT 'Rated power in volt-amperes; null = not known',
    LONGITUDE DOUBLE COMMENT 'Longitude in degrees, WGS 84',
    LATITUDE DOUBLE COMMENT 'Latitude in degrees, WGS 84',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Substation a row, as the twin holds it';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".FEEDERS (
    MRID VARCHAR NOT NULL COMMENT 'Id, unique in its frame',
    NAME VARCHAR COMMENT 'What people call it; several may share one; empty = none',
    SUBSTATION VARCHAR COMMENT 'Substation it belongs to; null = none',
    HEAD VARCHAR NOT NULL COMMENT 'Equipment it begins with',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Feeder a row, as the twin holds it';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".ELEMENT_SPANS (
    ELEMENT VARCHAR NOT NULL COMMENT 'mRID of the equipment',
    KIND VARCHAR COMMENT 'Kind of the equipment',
    STANDING VARCHAR COMMENT 'fed, dark, or looped: on a loop, its loss alone darkens nothing',
    FIRST_PLACE NUMBER(12, 0) COMMENT 'First place that loses supply without it',
    END_PLACE NUMBER(12, 0) COMMENT 'First place behind those; the same = nothing loses supply',
    CUSTOMERS NUMBER(12, 0) COMMENT 'Customers at those places',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'What loses supply without each piece of equipment, as an interval of places';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".USAGE_POINT_PLACES (
    USAGE_POINT VARCHAR NOT NULL COMMENT 'mRID of the usage point',
    PLACE NUMBER(12, 0) COMMENT 'Its place, from 0',
    CUSTOMERS NUMBER(12, 0) COMMENT 'Customers served there',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Place of each usage point with supply, in the order of the topology';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".METERS_CAME (
    METER_ID VARCHAR NOT NULL COMMENT 'mRID of the usage point',
    TRANSFORMER VARCHAR COMMENT 'mRID of the transformer that serves it; null = not known',
    FEEDER VARCHAR COMMENT 'mRID of the feeder that supplies it, or to which it belongs',
    SUBSTATION VARCHAR COMMENT 'mRID of the substation of the feeder; null = none',
    LOAD_ZONE VARCHAR COMMENT 'Load zone of the market, from the own column load_zone; null = none'
)
CHANGE_TRACKING = TRUE
COMMENT = 'What each meter hangs on by the last load; METERS is brought in step with it';

CREATE OR ALTER TABLE "GRIDTWIN"."NETWORK".METERS (
    METER_ID VARCHAR NOT NULL COMMENT 'mRID of the usage point',
    TRANSFORMER VARCHAR COMMENT 'mRID of the transformer that serves it; null = not known',
    FEEDER VARCHAR COMMENT 'mRID of the feeder that supplies it, or to which it belongs',
    SUBSTATION VARCHAR COMMENT 'mRID of the substation of the feeder; null = none',
    LOAD_ZONE VARCHAR COMMENT 'Load zone of the market, from the own column load_zone; null = none',
    VALID_FROM TIMESTAMP_TZ(6) COMMENT 'Intervals that end after it',
    VALID_TO TIMESTAMP_TZ(6) COMMENT 'Intervals that end up to it; null = still'
)
CHANGE_TRACKING = TRUE
COMMENT = 'What each meter hangs on, and from when to when; loaded by comparison, never deleted';

CREATE OR ALTER TABLE "GRIDTWIN"."RESULTS".OUTAGES (
    OUTAGE VARCHAR NOT NULL COMMENT 'Id of the outage',
    STATUS VARCHAR COMMENT 'predicted, confirmed, partially_restored, restored, closed or invalid',
    PLANNED BOOLEAN COMMENT 'Whether it was planned',
    CAUSE VARCHAR COMMENT 'Cause; empty = not known',
    DEVICE VARCHAR COMMENT 'mRID of the device that opened or failed; empty = not known',
    CREW_STATUS VARCHAR COMMENT 'What the crew is doing; empty = not known',
    PARENT VARCHAR COMMENT 'Outage it is a part of; empty = none',
    BEGAN_AT TIMESTAMP_TZ(6) COMMENT 'When it began',
    CONFIRMED_AT TIMESTAMP_TZ(6) COMMENT 'When it was confirmed; null = not yet',
    RESTORED_AT TIMESTAMP_TZ(6) COMMENT 'When the last customer was back; null = open',
    CUSTOMERS NUMBER(12, 0) COMMENT 'Customers in it, back or not',
    CUSTOMERS_OUT NUMBER(12, 0) COMMENT 'Customers in it who are not back',
    REVISION NUMBER(12, 0) COMMENT 'Counts its changes',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Outages as they stood at the time of each run';

CREATE OR ALTER TABLE "GRIDTWIN"."RESULTS".OUTAGE_USAGE_POINTS (
    OUTAGE VARCHAR NOT NULL COMMENT 'Id of the outage',
    USAGE_POINT VARCHAR COMMENT 'mRID of the usage point',
    CUSTOMERS NUMBER(12, 0) COMMENT 'Customers of the usage point',
    BEGAN_AT TIMESTAMP_TZ(6) COMMENT 'When its supply was lost',
    RESTORED_AT TIMESTAMP_TZ(6) COMMENT 'When it was back; null = still out',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Who is or was out in each outage, at the time of each run';

CREATE OR ALTER TABLE "GRIDTWIN"."RESULTS".ESTIMATES (
    OUTAGE VARCHAR NOT NULL COMMENT 'Id of the outage',
    ISSUED_AT TIMESTAMP_TZ(6) COMMENT 'When it was issued',
    INPUTS_AT TIMESTAMP_TZ(6) COMMENT 'Time of the newest input',
    P10 TIMESTAMP_TZ(6) COMMENT 'Time before which one in ten such outages ends',
    P50 TIMESTAMP_TZ(6) COMMENT 'Time before which half of such outages end',
    P80 TIMESTAMP_TZ(6) COMMENT 'Time before which eight in ten such outages end',
    P90 TIMESTAMP_TZ(6) COMMENT 'Time before which nine in ten such outages end',
    P95 TIMESTAMP_TZ(6) COMMENT 'Time before which 95 in 100 such outages end',
    ETR TIMESTAMP_TZ(6) COMMENT 'What is promised; null = still being assessed',
    SOURCE VARCHAR COMMENT 'What decided: manual, crew, zone, model or table',
    MODEL VARCHAR COMMENT 'Model and version that estimated',
    REASON VARCHAR COMMENT 'Why it was estimated so, in words',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'The estimate in force for each open outage, at the time of each run';

CREATE OR ALTER TABLE "GRIDTWIN"."RESULTS".VEGETATION_SPANS (
    SPAN VARCHAR NOT NULL COMMENT 'mRID of the line',
    FEEDER VARCHAR COMMENT 'mRID of its feeder; empty = none',
    SUBSTATION VARCHAR COMMENT 'mRID of its substation; empty = none',
    SECTION VARCHAR COMMENT 'mRID of the switch that feeds its section; empty = none',
    DEVICE VARCHAR COMMENT 'mRID of the protective device that trips; empty = several, or none',
    RISK_CLASS VARCHAR COMMENT 'Worst class of its areas: low, moderate, high or extreme',
    SCORE DOUBLE COMMENT 'Chance of a failure by vegetation within a year, percent',
    LENGTH_M DOUBLE COMMENT 'Length along its course in meters',
    LENGTH_IN_RISK_M DOUBLE COMMENT 'Of that, inside areas of risk',
    FAILURES_PER_YEAR DOUBLE COMMENT 'Failures expected in a year',
    CUSTOMERS NUMBER(12, 0) COMMENT 'Customers a fault there interrupts',
    CUSTOMERS_BEHIND NUMBER(12, 0) COMMENT 'Of these, who have no supply without the span',
    PRIORITY_SITES NUMBER(12, 0) COMMENT 'Usage points with a priority that are interrupted',
    RESTORATION_MIN DOUBLE COMMENT 'Mean minutes that an interrupted customer is out',
    CUSTOMER_MINUTES_AT_RISK DOUBLE COMMENT 'Customer-minutes at risk in a year: failures x customers x restoration',
    CUSTOMER_MINUTES_PER_KM DOUBLE COMMENT 'Of these, for each kilometer in areas of risk',
    CLEARANCE_M DOUBLE COMMENT 'Least clearance of its areas in meters; null = not known',
    TREE_HEIGHT_M DOUBLE COMMENT 'Greatest height of trees of its areas in meters; null = not known',
    SPECIES VARCHAR COMMENT 'Species of the area with most failures; empty = not known',
    AREA VARCHAR COMMENT 'That area, SOURCE:KEY',
    NETWORK VARCHAR NOT NULL COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) NOT NULL COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) NOT NULL COMMENT 'When it was written down',
    RUN VARCHAR NOT NULL COMMENT 'Run that brought it'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Spans in areas of vegetation risk, in the normal state, at the time of each run';

CREATE OR ALTER TABLE "GRIDTWIN"."RESULTS".RUNS (
    RUN VARCHAR NOT NULL COMMENT 'Run',
    TABLE_NAME VARCHAR COMMENT 'Table it brought',
    ROWS_LOADED NUMBER(12, 0) COMMENT 'Rows it brought',
    CHECKSUM VARCHAR COMMENT 'SHA-256 of the file it brought',
    NETWORK VARCHAR COMMENT 'Id of the network: the hash of its content',
    VERSION NUMBER(12, 0) COMMENT 'Version of the current state',
    MADE_AT TIMESTAMP_TZ(6) COMMENT 'When it was written down',
    LOADED_AT TIMESTAMP_TZ(6) COMMENT 'When it was there whole'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Tables that a run has brought, each once it is there whole';

CREATE OR ALTER TABLE "GRIDTWIN"."RESULTS".STORM_AREAS (
    AREA VARCHAR NOT NULL COMMENT 'Name of the polygon',
    KIND VARCHAR COMMENT 'Such as storm or flood',
    POLYGON_WKT VARCHAR COMMENT 'POLYGON or MULTIPOLYGON as text, longitude before latitude',
    MADE_AT TIMESTAMP_TZ(6) COMMENT 'When it was drawn'
)
CHANGE_TRACKING = TRUE
COMMENT = 'Polygons to ask about: storms, floods, fires; filled by whoever draws them';
