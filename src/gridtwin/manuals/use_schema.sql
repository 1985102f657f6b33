CREATE TABLE IF NOT EXISTS asked_questions (
    question TEXT NOT NULL, -- folded
    answered INTEGER NOT NULL,
    times INTEGER NOT NULL,
    last_asked TEXT NOT NULL,
    PRIMARY KEY (question, answered)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS page_votes (
    document TEXT NOT NULL,
    page INTEGER NOT NULL,
    question TEXT NOT NULL,
    helpful INTEGER NOT NULL,
    voted TEXT NOT NULL,
    voter TEXT NOT NULL DEFAULT '' -- digest of who voted, and on what
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS page_votes_once ON page_votes (document, page, question, voter);
CREATE INDEX IF NOT EXISTS page_votes_voted ON page_votes (voted);
