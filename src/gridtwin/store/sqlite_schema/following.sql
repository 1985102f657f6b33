-- Version 7: how often what is accepted of the findings was changed, so that who follows is told.
CREATE TABLE finding_change (count INTEGER NOT NULL);
INSERT INTO finding_change VALUES (0);
CREATE TRIGGER accepted_finding_added AFTER INSERT ON accepted_finding
BEGIN
    UPDATE finding_change SET count = count + 1;
END;
CREATE TRIGGER accepted_finding_dropped AFTER DELETE ON accepted_finding
BEGIN
    UPDATE finding_change SET count = count + 1;
END;
