-- Who changed which row, from what to what; `sqlite_audit` makes the triggers that write it.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_s REAL NOT NULL DEFAULT ((julianday('now') - 2440587.5) * 86400.0),
    table_name TEXT NOT NULL,
    row_key TEXT NOT NULL,
    change TEXT NOT NULL CHECK (change IN ('insert', 'update', 'delete')),
    before TEXT,
    after TEXT,
    request TEXT
);
CREATE INDEX audit_row ON audit (table_name, row_key, at_s);
CREATE INDEX audit_request ON audit (request) WHERE request IS NOT NULL;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN
    SELECT raise(ABORT, 'the audit is added to, never changed or deleted');
END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit
BEGIN
    SELECT raise(ABORT, 'the audit is added to, never changed or deleted');
END;
-- The request that a transaction is made for, while it lasts.
CREATE TABLE audited_request (request TEXT NOT NULL);
