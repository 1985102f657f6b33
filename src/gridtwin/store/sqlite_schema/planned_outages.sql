-- Version 19: work that is planned, and who has no supply meanwhile. Times are unix seconds.
CREATE TABLE planned_outages (
    id TEXT PRIMARY KEY CHECK (id <> ''),
    starts_s REAL NOT NULL,
    ends_s REAL NOT NULL CHECK (ends_s > starts_s),
    reason TEXT NOT NULL,
    elements TEXT NOT NULL,
    switches TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('announced', 'ongoing', 'done', 'canceled')),
    usage_points INTEGER NOT NULL,
    customers INTEGER NOT NULL,
    announced_by TEXT NOT NULL,
    announced_s REAL NOT NULL,
    changed_by TEXT NOT NULL,
    changed_s REAL NOT NULL,
    outage TEXT NOT NULL,
    revision INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX planned_outages_standing ON planned_outages (starts_s)
    WHERE status IN ('announced', 'ongoing');

CREATE TABLE planned_outage_points (
    planned_outage TEXT NOT NULL REFERENCES planned_outages (id) ON DELETE CASCADE,
    usage_point TEXT NOT NULL,
    customers INTEGER NOT NULL,
    PRIMARY KEY (planned_outage, usage_point)
) WITHOUT ROWID;
CREATE INDEX planned_outage_points_point ON planned_outage_points (usage_point);

CREATE TRIGGER planned_outage_added AFTER INSERT ON planned_outages
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
CREATE TRIGGER planned_outage_changed AFTER UPDATE ON planned_outages
BEGIN
    UPDATE operating_change SET count = count + 1;
END;
