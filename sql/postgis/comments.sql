-- What the tables and columns of the six frames mean.

BEGIN;

COMMENT ON TABLE gridtwin.nodes IS 'Points where terminals meet (CIM ConnectivityNode)';
COMMENT ON COLUMN gridtwin.nodes.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.nodes.mrid IS 'Id of the node';
COMMENT ON COLUMN gridtwin.nodes.nominal_v IS 'Phase-to-phase volts; null = not known';
COMMENT ON COLUMN gridtwin.nodes.geometry IS
    'Place, EPSG:4326; planar coordinates where network.crs is null';
COMMENT ON COLUMN gridtwin.nodes.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';

COMMENT ON TABLE gridtwin.equipment IS
    'Two-terminal conducting equipment (CIM ConductingEquipment)';
COMMENT ON COLUMN gridtwin.equipment.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.equipment.mrid IS 'Id of the equipment';
COMMENT ON COLUMN gridtwin.equipment.kind IS 'Kind, by its CIM name in snake case';
COMMENT ON COLUMN gridtwin.equipment.node_a IS 'Row of the node at the first terminal';
COMMENT ON COLUMN gridtwin.equipment.node_b IS 'Row of the node at the second terminal';
COMMENT ON COLUMN gridtwin.equipment.phases IS
    'Phases as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = not recorded';
COMMENT ON COLUMN gridtwin.equipment.normal_open IS 'Phases that stand open as designed, as bits';
COMMENT ON COLUMN gridtwin.equipment.name IS 'Name; empty = none';
COMMENT ON COLUMN gridtwin.equipment.rated_a IS 'Rated current in amperes; null = not known';
COMMENT ON COLUMN gridtwin.equipment.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.equipment.length_m IS
    'Length along the conductor in meters; null = not known';
COMMENT ON COLUMN gridtwin.equipment.placement IS 'overhead or underground; empty = not known';
COMMENT ON COLUMN gridtwin.equipment.control IS 'How it is operated: none, manual or remote';
COMMENT ON COLUMN gridtwin.equipment.in_service IS 'Whether it is in service';
COMMENT ON COLUMN gridtwin.equipment.vector_group IS
    'Vector group of a transformer, such as Dyn11; empty = not known';
COMMENT ON COLUMN gridtwin.equipment.geometry IS
    'Course from node a to node b, EPSG:4326; planar coordinates where network.crs is null; null '
    '= drawn straight';
COMMENT ON COLUMN gridtwin.equipment.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';

COMMENT ON TABLE gridtwin.usage_points IS 'Where customers are served (CIM UsagePoint)';
COMMENT ON COLUMN gridtwin.usage_points.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.usage_points.mrid IS 'Id of the usage point';
COMMENT ON COLUMN gridtwin.usage_points.node IS 'Row of the node that serves it';
COMMENT ON COLUMN gridtwin.usage_points.phases IS
    'Phases as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = whatever its node carries';
COMMENT ON COLUMN gridtwin.usage_points.customers IS 'Customers served here';
COMMENT ON COLUMN gridtwin.usage_points.peak_w IS 'Peak load in watts; null = not known';
COMMENT ON COLUMN gridtwin.usage_points.service_class IS
    'Class such as residential; empty = not known';
COMMENT ON COLUMN gridtwin.usage_points.priority IS
    'Why it goes first, such as hospital; empty = none';
COMMENT ON COLUMN gridtwin.usage_points.transformer IS
    'Row of the equipment that serves it as recorded; null = not known';
COMMENT ON COLUMN gridtwin.usage_points.geometry IS
    'Place, EPSG:4326; planar coordinates where network.crs is null';
COMMENT ON COLUMN gridtwin.usage_points.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';
COMMENT ON COLUMN gridtwin.usage_points.name IS
    'What people call it; empty = none, and several may share one';

COMMENT ON TABLE gridtwin.sources IS 'Where energy enters (CIM EnergySource)';
COMMENT ON COLUMN gridtwin.sources.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.sources.mrid IS 'Id of the source';
COMMENT ON COLUMN gridtwin.sources.node IS 'Row of the node it feeds';
COMMENT ON COLUMN gridtwin.sources.phases IS
    'Phases as bits (A 1, B 2, C 4, N 8, s1 16, s2 32); 0 = all';
COMMENT ON COLUMN gridtwin.sources.kind IS 'substation, feeder_head or der';
COMMENT ON COLUMN gridtwin.sources.substation IS 'Row of its substation; null = none';
COMMENT ON COLUMN gridtwin.sources.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.sources.in_service IS 'Whether it is in service';

COMMENT ON TABLE gridtwin.substations IS 'Substations by name and place';
COMMENT ON COLUMN gridtwin.substations.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.substations.mrid IS 'Id of the substation';
COMMENT ON COLUMN gridtwin.substations.name IS 'Name';
COMMENT ON COLUMN gridtwin.substations.rated_va IS 'Rated power in volt-amperes; null = not known';
COMMENT ON COLUMN gridtwin.substations.geometry IS
    'Place, EPSG:4326; planar coordinates where network.crs is null';
COMMENT ON COLUMN gridtwin.substations.geometry_3857 IS
    'The same in EPSG:3857, for tiles; null outside of the web Mercator square';

COMMENT ON TABLE gridtwin.feeders IS
    'Feeders, each defined by its head switch; what it feeds is in node_topology';
COMMENT ON COLUMN gridtwin.feeders.row IS
    'Place in the engine''s arrays, from 0; how other rows refer to this one';
COMMENT ON COLUMN gridtwin.feeders.mrid IS 'Id of the feeder';
COMMENT ON COLUMN gridtwin.feeders.name IS 'Name';
COMMENT ON COLUMN gridtwin.feeders.substation IS 'Row of its substation; null = none';
COMMENT ON COLUMN gridtwin.feeders.head IS 'Row of its head switch; null = none';

INSERT INTO gridtwin.definitions (file) VALUES ('comments.sql')
ON CONFLICT (file) DO UPDATE SET checksum = NULL, applied_at = now();

COMMIT;
