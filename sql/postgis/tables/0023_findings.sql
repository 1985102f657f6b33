-- 0023: what was found when the source of the network was read, and which findings are accepted.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE TABLE gridtwin.load_findings (
    place int PRIMARY KEY,
    rule text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
    mrid text NOT NULL,
    x float8,
    y float8,
    evidence text NOT NULL,
    mend text NOT NULL,
    layer text NOT NULL,
    key text NOT NULL
);

COMMENT ON TABLE gridtwin.load_findings IS
    'What was found in the source when it was read, row by row; the rules of gridtwin check are '
    'asked anew each time';
COMMENT ON COLUMN gridtwin.load_findings.place IS 'Place in the list, from 0: the worst first';
COMMENT ON COLUMN gridtwin.load_findings.rule IS 'Rule that is broken';
COMMENT ON COLUMN gridtwin.load_findings.severity IS 'error, warning or info';
COMMENT ON COLUMN gridtwin.load_findings.mrid IS
    'Id of what it is of; of a row that is not in the network LAYER:KEY; empty = of the source';
COMMENT ON COLUMN gridtwin.load_findings.x IS
    'Longitude, or planar where network.crs is null; null = it has no place';
COMMENT ON COLUMN gridtwin.load_findings.y IS 'Latitude, or planar likewise';
COMMENT ON COLUMN gridtwin.load_findings.evidence IS 'What was seen';
COMMENT ON COLUMN gridtwin.load_findings.mend IS 'What to do about it';
COMMENT ON COLUMN gridtwin.load_findings.layer IS 'Layer of the source; empty = not known';
COMMENT ON COLUMN gridtwin.load_findings.key IS 'Key of the row there';

CREATE TABLE gridtwin.load_rules (
    rule text PRIMARY KEY,
    found int NOT NULL CHECK (found > 0)
);

COMMENT ON TABLE gridtwin.load_rules IS
    'How often each rule was broken in the source, findings that are not listed included';
COMMENT ON COLUMN gridtwin.load_rules.rule IS 'Rule';
COMMENT ON COLUMN gridtwin.load_rules.found IS 'How often';

CREATE TABLE gridtwin.accepted_findings (
    rule text NOT NULL,
    key text NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    actor text NOT NULL,
    at timestamptz,
    PRIMARY KEY (rule, key)
);

COMMENT ON TABLE gridtwin.accepted_findings IS
    'Findings that are accepted as they are, of the source and of gridtwin check';
COMMENT ON COLUMN gridtwin.accepted_findings.rule IS 'Rule';
COMMENT ON COLUMN gridtwin.accepted_findings.key IS
    'Id of what it is of, or LAYER:KEY of its row; * = all findings of the rule';
COMMENT ON COLUMN gridtwin.accepted_findings.reason IS 'Why';
COMMENT ON COLUMN gridtwin.accepted_findings.actor IS 'Who accepted it';
COMMENT ON COLUMN gridtwin.accepted_findings.at IS
    'When; null = the mapping says so, by which the network was read';

INSERT INTO gridtwin.migrations (number, name) VALUES (23, 'findings');

COMMIT;
