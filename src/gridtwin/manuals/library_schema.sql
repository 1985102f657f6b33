CREATE TABLE IF NOT EXISTS documents (
    document TEXT PRIMARY KEY, -- the first 16 letters of the SHA-256 of its file
    path TEXT NOT NULL, -- of the file, absolute
    folder TEXT NOT NULL, -- in which it lies below what was added, with / at its end; empty = none
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    manufacturer TEXT NOT NULL,
    number TEXT NOT NULL,
    revision TEXT NOT NULL,
    dated TEXT NOT NULL,
    language TEXT NOT NULL,
    pages INTEGER NOT NULL,
    unreadable INTEGER NOT NULL, -- pages that are images which nothing could read
    superseded_by TEXT NOT NULL DEFAULT '', -- a newer revision
    indexed INTEGER NOT NULL DEFAULT 0, -- whether its pages are in the index
    reader INTEGER NOT NULL DEFAULT 1 -- edition of what read it
) STRICT;
CREATE TABLE IF NOT EXISTS document_models (
    document TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    role TEXT NOT NULL, -- model or catalog
    pattern TEXT NOT NULL, -- folded; * at the end is any end
    PRIMARY KEY (document, role, pattern)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document_pages (
    document TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    page INTEGER NOT NULL,
    heading TEXT NOT NULL,
    read_by TEXT NOT NULL,
    lines BLOB NOT NULL,
    PRIMARY KEY (document, page)
) STRICT;
CREATE TABLE IF NOT EXISTS document_figures (
    document TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
    page INTEGER NOT NULL,
    number INTEGER NOT NULL, -- on its page, from 1
    kind TEXT NOT NULL, -- figure or table
    min_x REAL NOT NULL, -- of its box, points from below left
    min_y REAL NOT NULL,
    max_x REAL NOT NULL,
    max_y REAL NOT NULL,
    caption TEXT NOT NULL, -- empty = none
    PRIMARY KEY (document, page, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS manual_files (
    path TEXT PRIMARY KEY,
    root TEXT NOT NULL, -- the folder that was added
    bytes INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    document TEXT NOT NULL DEFAULT '',
    fault TEXT NOT NULL DEFAULT '' -- why it cannot be read
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS manual_files_document ON manual_files (document);
CREATE TABLE IF NOT EXISTS folder_permissions (
    folder TEXT PRIMARY KEY, -- and what lies below it
    permission TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS link_reviews (
    manufacturer TEXT NOT NULL, -- folded
    model TEXT NOT NULL, -- folded
    document TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
    actor TEXT NOT NULL,
    PRIMARY KEY (manufacturer, model, document)
) STRICT, WITHOUT ROWID;
