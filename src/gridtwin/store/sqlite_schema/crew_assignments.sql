-- Which crew works on which outage, and how far it is.
CREATE TABLE crew_assignment (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    crew TEXT NOT NULL CHECK (crew <> ''),
    outage TEXT NOT NULL CHECK (outage <> ''),
    status TEXT NOT NULL
        CHECK (status IN ('assigned', 'en_route', 'on_site', 'done', 'withdrawn')),
    assigned_by TEXT NOT NULL,
    assigned_s REAL NOT NULL,
    changed_by TEXT NOT NULL,
    changed_s REAL NOT NULL,
    en_route_s REAL,
    on_site_s REAL,
    ended_s REAL
);
CREATE UNIQUE INDEX crew_assignment_once ON crew_assignment (crew, outage) WHERE ended_s IS NULL;
CREATE UNIQUE INDEX crew_assignment_one_place ON crew_assignment (crew)
    WHERE status IN ('en_route', 'on_site');
CREATE INDEX crew_assignment_outage ON crew_assignment (outage);
-- How often crews moved, or what they do changed, so that who follows is told.
CREATE TABLE crew_change (count INTEGER NOT NULL);
INSERT INTO crew_change VALUES (0);
CREATE TRIGGER crew_added AFTER INSERT ON crews
BEGIN
    UPDATE crew_change SET count = count + 1;
END;
CREATE TRIGGER crew_changed AFTER UPDATE ON crews
BEGIN
    UPDATE crew_change SET count = count + 1;
END;
CREATE TRIGGER crew_dropped AFTER DELETE ON crews
BEGIN
    UPDATE crew_change SET count = count + 1;
END;
CREATE TRIGGER crew_position_added AFTER INSERT ON crew_positions
BEGIN
    UPDATE crew_change SET count = count + 1;
END;
CREATE TRIGGER crew_position_changed AFTER UPDATE ON crew_positions
BEGIN
    UPDATE crew_change SET count = count + 1;
END;
CREATE TRIGGER crew_position_dropped AFTER DELETE ON crew_positions
BEGIN
    UPDATE crew_change SET count = count + 1;
END;
CREATE TRIGGER crew_assignment_added AFTER INSERT ON crew_assignment
BEGIN
    UPDATE crew_change SET count = count + 1;
END;
CREATE TRIGGER crew_assignment_changed AFTER UPDATE ON crew_assignment
BEGIN
    UPDATE crew_change SET count = count + 1;
END;
