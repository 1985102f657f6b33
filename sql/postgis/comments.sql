-- What the tables and columns of the six frames mean.
-- python tests/schema_texts.py writes this file from the schema of the model.

BEGIN;

COMMENT ON TABLE gridtwin.nodes IS 'Points where terminals meet (CIM ConnectivityNode)';
COMMENT ON COLUMN gridtwin.nodes.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.nodes.mrid IS 'Id, unique in its frame';
COMMENT ON COLUMN gridtwin.nodes.nominal_v IS
    'Voltage from phase to phase in volts; null = not known';
COMMENT ON COLUMN gridtwin.nodes.geometry IS
    'Where it lies, in EPSG:4326, or planar where network.crs is null';
COMMENT ON COLUMN gridtwin.nodes.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';
COMMENT ON COLUMN gridtwin.nodes.own IS
    'What is known of the columns that are not of the model, by their names in own_columns; null '
    '= nothing';
COMMENT ON COLUMN gridtwin.nodes.source_layer IS
    'Layer, table or file of the source it is made of; null = no row of the source';
COMMENT ON COLUMN gridtwin.nodes.source_key IS
    'What names its row there; null = its mrid does, alone or behind source_layer:';
COMMENT ON COLUMN gridtwin.nodes.load_number IS
    'Load that added it or last changed it; null = not known';

COMMENT ON TABLE gridtwin.equipment IS
    'Two-terminal conducting equipment (CIM ConductingEquipment)';
COMMENT ON COLUMN gridtwin.equipment.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.equipment.mrid IS 'Id, unique in its frame';
COMMENT ON COLUMN gridtwin.equipment.kind IS
    'Kind, by its CIM name in snake case: ac_line_segment, busbar, breaker, recloser, fuse, '
    'sectionaliser, load_break_switch, disconnector, jumper, power_transformer, '
    'voltage_regulator, series_reactor or service_drop';
COMMENT ON COLUMN gridtwin.equipment.node_a IS 'Row of the node at its first terminal';
COMMENT ON COLUMN gridtwin.equipment.node_b IS 'Row of the node at its second terminal';
COMMENT ON COLUMN gridtwin.equipment.phases IS
    'Phases it carries, as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = not recorded';
COMMENT ON COLUMN gridtwin.equipment.normal_open IS
    'Phases that stand open as designed, as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = closed';
COMMENT ON COLUMN gridtwin.equipment.name IS
    'What people call it; several may share one; empty = none';
COMMENT ON COLUMN gridtwin.equipment.rated_a IS 'Rated current in amperes; null = not known';
COMMENT ON COLUMN gridtwin.equipment.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.equipment.length_m IS
    'Length along the conductor in meters; null = not known';
COMMENT ON COLUMN gridtwin.equipment.placement IS
    'Where a line runs: overhead or underground; empty = not known';
COMMENT ON COLUMN gridtwin.equipment.control IS 'How it is operated: none, manual or remote';
COMMENT ON COLUMN gridtwin.equipment.in_service IS
    'Whether it is in service; out of service is not open';
COMMENT ON COLUMN gridtwin.equipment.vector_group IS
    'Vector group of a transformer, such as Dyn11; empty = not known';
COMMENT ON COLUMN gridtwin.equipment.geometry IS
    'Course from node a to node b, in EPSG:4326, or planar where network.crs is null; null = '
    'drawn straight';
COMMENT ON COLUMN gridtwin.equipment.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';
COMMENT ON COLUMN gridtwin.equipment.own IS
    'What is known of the columns that are not of the model, by their names in own_columns; null '
    '= nothing';
COMMENT ON COLUMN gridtwin.equipment.source_layer IS
    'Layer, table or file of the source it is made of; null = no row of the source';
COMMENT ON COLUMN gridtwin.equipment.source_key IS
    'What names its row there; null = its mrid does, alone or behind source_layer:';
COMMENT ON COLUMN gridtwin.equipment.load_number IS
    'Load that added it or last changed it; null = not known';

COMMENT ON TABLE gridtwin.usage_points IS
    'Where customers are served (CIM UsagePoint): a meter, or the load of a test feeder';
COMMENT ON COLUMN gridtwin.usage_points.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.usage_points.mrid IS 'Id, unique in its frame';
COMMENT ON COLUMN gridtwin.usage_points.node IS 'Row of the node that serves it';
COMMENT ON COLUMN gridtwin.usage_points.phases IS
    'Phases it uses, as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = whatever its node carries';
COMMENT ON COLUMN gridtwin.usage_points.name IS
    'What people call it; several may share one; empty = none';
COMMENT ON COLUMN gridtwin.usage_points.customers IS 'Customers served here';
COMMENT ON COLUMN gridtwin.usage_points.peak_w IS 'Peak load in watts; null = not known';
COMMENT ON COLUMN gridtwin.usage_points.service_class IS
    'Class of service, such as residential; empty = not known';
COMMENT ON COLUMN gridtwin.usage_points.priority IS
    'Why it goes first, such as hospital; empty = none';
COMMENT ON COLUMN gridtwin.usage_points.transformer IS
    'Row of the transformer that serves it, as recorded; null = not known';
COMMENT ON COLUMN gridtwin.usage_points.geometry IS
    'Where it lies, in EPSG:4326, or planar where network.crs is null';
COMMENT ON COLUMN gridtwin.usage_points.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';
COMMENT ON COLUMN gridtwin.usage_points.own IS
    'What is known of the columns that are not of the model, by their names in own_columns; null '
    '= nothing';
COMMENT ON COLUMN gridtwin.usage_points.source_layer IS
    'Layer, table or file of the source it is made of; null = no row of the source';
COMMENT ON COLUMN gridtwin.usage_points.source_key IS
    'What names its row there; null = its mrid does, alone or behind source_layer:';
COMMENT ON COLUMN gridtwin.usage_points.load_number IS
    'Load that added it or last changed it; null = not known';

COMMENT ON TABLE gridtwin.sources IS 'Where energy enters (CIM EnergySource)';
COMMENT ON COLUMN gridtwin.sources.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.sources.mrid IS 'Id, unique in its frame';
COMMENT ON COLUMN gridtwin.sources.node IS 'Row of the node it feeds';
COMMENT ON COLUMN gridtwin.sources.phases IS
    'Phases it feeds, as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = all';
COMMENT ON COLUMN gridtwin.sources.kind IS
    'Where its energy comes from: substation, feeder_head or der';
COMMENT ON COLUMN gridtwin.sources.substation IS 'Row of the substation it belongs to; null = none';
COMMENT ON COLUMN gridtwin.sources.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.sources.in_service IS
    'Whether it is in service; out of service is not open';
COMMENT ON COLUMN gridtwin.sources.own IS
    'What is known of the columns that are not of the model, by their names in own_columns; null '
    '= nothing';
COMMENT ON COLUMN gridtwin.sources.source_layer IS
    'Layer, table or file of the source it is made of; null = no row of the source';
COMMENT ON COLUMN gridtwin.sources.source_key IS
    'What names its row there; null = its mrid does, alone or behind source_layer:';
COMMENT ON COLUMN gridtwin.sources.load_number IS
    'Load that added it or last changed it; null = not known';

COMMENT ON TABLE gridtwin.substations IS 'Substations by name and place';
COMMENT ON COLUMN gridtwin.substations.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.substations.mrid IS 'Id, unique in its frame';
COMMENT ON COLUMN gridtwin.substations.name IS
    'What people call it; several may share one; empty = none';
COMMENT ON COLUMN gridtwin.substations.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.substations.geometry IS
    'Where it lies, in EPSG:4326, or planar where network.crs is null; null = not known';
COMMENT ON COLUMN gridtwin.substations.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';
COMMENT ON COLUMN gridtwin.substations.own IS
    'What is known of the columns that are not of the model, by their names in own_columns; null '
    '= nothing';
COMMENT ON COLUMN gridtwin.substations.source_layer IS
    'Layer, table or file of the source it is made of; null = no row of the source';
COMMENT ON COLUMN gridtwin.substations.source_key IS
    'What names its row there; null = its mrid does, alone or behind source_layer:';
COMMENT ON COLUMN gridtwin.substations.load_number IS
    'Load that added it or last changed it; null = not known';

COMMENT ON TABLE gridtwin.feeders IS
    'Feeders, each defined by its head switch; what a feeder feeds is computed, never stored';
COMMENT ON COLUMN gridtwin.feeders.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.feeders.mrid IS 'Id, unique in its frame';
COMMENT ON COLUMN gridtwin.feeders.name IS
    'What people call it; several may share one; empty = none';
COMMENT ON COLUMN gridtwin.feeders.substation IS 'Row of the substation it belongs to; null = none';
COMMENT ON COLUMN gridtwin.feeders.head IS 'Row of the equipment it begins with';
COMMENT ON COLUMN gridtwin.feeders.own IS
    'What is known of the columns that are not of the model, by their names in own_columns; null '
    '= nothing';
COMMENT ON COLUMN gridtwin.feeders.source_layer IS
    'Layer, table or file of the source it is made of; null = no row of the source';
COMMENT ON COLUMN gridtwin.feeders.source_key IS
    'What names its row there; null = its mrid does, alone or behind source_layer:';
COMMENT ON COLUMN gridtwin.feeders.load_number IS
    'Load that added it or last changed it; null = not known';

INSERT INTO gridtwin.definitions (file) VALUES ('comments.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
