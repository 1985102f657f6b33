-- 0046: figures and ruled tables of manuals; one vote of a person on a page and a question.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

ALTER TABLE gridtwin_manuals.documents ADD COLUMN reader int NOT NULL DEFAULT 1;
COMMENT ON COLUMN gridtwin_manuals.documents.reader IS 'Edition of what read it';

CREATE TABLE gridtwin_manuals.document_figures (
    document text NOT NULL REFERENCES gridtwin_manuals.documents ON DELETE CASCADE,
    page int NOT NULL,
    number int NOT NULL,
    kind text NOT NULL CHECK (kind IN ('figure', 'table')),
    min_x float8 NOT NULL,
    min_y float8 NOT NULL,
    max_x float8 NOT NULL,
    max_y float8 NOT NULL,
    caption text NOT NULL,
    PRIMARY KEY (document, page, number)
);
COMMENT ON TABLE gridtwin_manuals.document_figures IS
    'Pictures, drawings and ruled tables on pages of documents';
COMMENT ON COLUMN gridtwin_manuals.document_figures.document IS 'Document';
COMMENT ON COLUMN gridtwin_manuals.document_figures.page IS 'Page';
COMMENT ON COLUMN gridtwin_manuals.document_figures.number IS 'On its page, from 1, from above';
COMMENT ON COLUMN gridtwin_manuals.document_figures.kind IS 'figure or table';
COMMENT ON COLUMN gridtwin_manuals.document_figures.min_x IS
    'Left side of its box, points from below left';
COMMENT ON COLUMN gridtwin_manuals.document_figures.min_y IS 'Lower side of its box';
COMMENT ON COLUMN gridtwin_manuals.document_figures.max_x IS 'Right side of its box';
COMMENT ON COLUMN gridtwin_manuals.document_figures.max_y IS 'Upper side of its box';
COMMENT ON COLUMN gridtwin_manuals.document_figures.caption IS
    'As it stands next to it; empty = none does';

-- Who voted before is not known: each of those votes counts as of another person.
ALTER TABLE gridtwin_manuals.page_votes ADD COLUMN voter text;
UPDATE gridtwin_manuals.page_votes SET voter = md5(ctid::text);
ALTER TABLE gridtwin_manuals.page_votes
    ALTER COLUMN voter SET NOT NULL,
    ADD PRIMARY KEY (document, page, question, voter);
CREATE INDEX page_votes_voted ON gridtwin_manuals.page_votes (voted);
COMMENT ON COLUMN gridtwin_manuals.page_votes.voter IS 'Digest of who voted, and on what';

INSERT INTO gridtwin.migrations (number, name) VALUES (46, 'manual_figures');

COMMIT;
