-- What the map draws, and from which zoom on.
SELECT gridtwin.refresh_tiles();
SELECT layer, mrid, gate, kind, phases, normal_open FROM gridtwin.tile_features ORDER BY layer, mrid;
SELECT gridtwin.refresh_tiles();
SELECT length(gridtwin.tile(0, 0, 0)) > 0 AS drawn, length(gridtwin.tile(9, 0, 0)) AS nothing;
