-- 0040: the mirror of a library of manuals, in a schema of its own: folders of it may be closed to
-- those who look at the network, which only the server that asks can tell.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE SCHEMA gridtwin_manuals;
REVOKE ALL ON SCHEMA gridtwin_manuals FROM PUBLIC;
COMMENT ON SCHEMA gridtwin_manuals IS
    'Manuals: documents, their pages and words, and how they are used';

CREATE TABLE gridtwin_manuals.mirror (
    single bool PRIMARY KEY DEFAULT true CHECK (single),
    mark bigint NOT NULL
);
INSERT INTO gridtwin_manuals.mirror (mark) VALUES (0);
COMMENT ON TABLE gridtwin_manuals.mirror IS 'The state of the mirror, in one row';
COMMENT ON COLUMN gridtwin_manuals.mirror.single IS 'Always true';
COMMENT ON COLUMN gridtwin_manuals.mirror.mark IS 'Higher whenever documents were written';

CREATE TABLE gridtwin_manuals.documents (
    document text PRIMARY KEY,
    id int GENERATED ALWAYS AS IDENTITY UNIQUE,
    path text NOT NULL,
    folder text NOT NULL,
    title text NOT NULL,
    kind text NOT NULL,
    manufacturer text NOT NULL,
    number text NOT NULL,
    revision text NOT NULL,
    dated text NOT NULL,
    language text NOT NULL,
    pages int NOT NULL,
    unreadable int NOT NULL,
    superseded_by text NOT NULL,
    about text[] NOT NULL,
    lengths bytea NOT NULL
);
COMMENT ON TABLE gridtwin_manuals.documents IS 'Technical documents that can be searched';
COMMENT ON COLUMN gridtwin_manuals.documents.document IS
    'The first 16 letters of the SHA-256 of its file';
COMMENT ON COLUMN gridtwin_manuals.documents.id IS 'Number that postings name it by';
COMMENT ON COLUMN gridtwin_manuals.documents.path IS 'Of its file, absolute';
COMMENT ON COLUMN gridtwin_manuals.documents.folder IS
    'In which it lies below what was added, with / at its end; empty = none';
COMMENT ON COLUMN gridtwin_manuals.documents.title IS 'Title';
COMMENT ON COLUMN gridtwin_manuals.documents.kind IS 'Such as manual or bulletin';
COMMENT ON COLUMN gridtwin_manuals.documents.manufacturer IS 'Maker; empty = not known';
COMMENT ON COLUMN gridtwin_manuals.documents.number IS 'Of the document; empty = not known';
COMMENT ON COLUMN gridtwin_manuals.documents.revision IS 'Revision; empty = not known';
COMMENT ON COLUMN gridtwin_manuals.documents.dated IS
    'Date, ISO 8601, as much of it as is known; empty = not known';
COMMENT ON COLUMN gridtwin_manuals.documents.language IS 'ISO 639-1; empty = not known';
COMMENT ON COLUMN gridtwin_manuals.documents.pages IS 'How many pages it has';
COMMENT ON COLUMN gridtwin_manuals.documents.unreadable IS
    'Pages that are images which nothing could read';
COMMENT ON COLUMN gridtwin_manuals.documents.superseded_by IS
    'Document that is a newer revision; empty = none';
COMMENT ON COLUMN gridtwin_manuals.documents.about IS
    'Words of title, maker, number and models, as they are looked for';
COMMENT ON COLUMN gridtwin_manuals.documents.lengths IS
    'Of each page with words: page, words and words of the headings, little-endian int4 each';

CREATE TABLE gridtwin_manuals.document_models (
    document text NOT NULL REFERENCES gridtwin_manuals.documents ON DELETE CASCADE,
    role text NOT NULL CHECK (role IN ('model', 'catalog')),
    pattern text NOT NULL,
    PRIMARY KEY (document, role, pattern)
);
COMMENT ON TABLE gridtwin_manuals.document_models IS 'What documents concern';
COMMENT ON COLUMN gridtwin_manuals.document_models.document IS 'Document';
COMMENT ON COLUMN gridtwin_manuals.document_models.role IS 'model or catalog number';
COMMENT ON COLUMN gridtwin_manuals.document_models.pattern IS
    'In lower case without signs; * at the end is any end';

CREATE TABLE gridtwin_manuals.document_pages (
    document text NOT NULL REFERENCES gridtwin_manuals.documents ON DELETE CASCADE,
    page int NOT NULL,
    heading text NOT NULL,
    read_by text NOT NULL,
    lines bytea NOT NULL,
    PRIMARY KEY (document, page)
);
COMMENT ON TABLE gridtwin_manuals.document_pages IS 'Pages of documents';
COMMENT ON COLUMN gridtwin_manuals.document_pages.document IS 'Document';
COMMENT ON COLUMN gridtwin_manuals.document_pages.page IS 'From 1';
COMMENT ON COLUMN gridtwin_manuals.document_pages.heading IS
    'Headings it stands under and has, the outer first';
COMMENT ON COLUMN gridtwin_manuals.document_pages.read_by IS 'text, ocr or none';
COMMENT ON COLUMN gridtwin_manuals.document_pages.lines IS
    'Lines with their boxes: JSON, compressed by zlib';

CREATE TABLE gridtwin_manuals.postings (
    word text COLLATE "C" NOT NULL,
    id int NOT NULL REFERENCES gridtwin_manuals.documents (id) ON DELETE CASCADE,
    pages int NOT NULL,
    headings int NOT NULL,
    places bytea NOT NULL,
    PRIMARY KEY (word, id)
);
CREATE INDEX postings_id ON gridtwin_manuals.postings (id);
COMMENT ON TABLE gridtwin_manuals.postings IS 'On which pages a word stands, by document';
COMMENT ON COLUMN gridtwin_manuals.postings.word IS
    'Stem of a word, or a number of a part, as it is looked for';
COMMENT ON COLUMN gridtwin_manuals.postings.id IS 'Number of the document';
COMMENT ON COLUMN gridtwin_manuals.postings.pages IS 'On how many pages it stands';
COMMENT ON COLUMN gridtwin_manuals.postings.headings IS 'In the headings of how many it stands';
COMMENT ON COLUMN gridtwin_manuals.postings.places IS
    'Of each page: number of the document, page, how often there, and how often in its headings;'
    ' little-endian int4 each';

CREATE TABLE gridtwin_manuals.manual_files (
    path text PRIMARY KEY,
    bytes bigint NOT NULL,
    modified_ns bigint NOT NULL,
    document text NOT NULL
);
COMMENT ON TABLE gridtwin_manuals.manual_files IS 'Files of documents, as they were read';
COMMENT ON COLUMN gridtwin_manuals.manual_files.path IS 'Absolute';
COMMENT ON COLUMN gridtwin_manuals.manual_files.bytes IS 'Size';
COMMENT ON COLUMN gridtwin_manuals.manual_files.modified_ns IS
    'When it was changed last, in ns since 1970';
COMMENT ON COLUMN gridtwin_manuals.manual_files.document IS 'Document it holds';

CREATE TABLE gridtwin_manuals.folder_permissions (
    folder text PRIMARY KEY,
    permission text NOT NULL
);
COMMENT ON TABLE gridtwin_manuals.folder_permissions IS 'Who may see the documents of a folder';
COMMENT ON COLUMN gridtwin_manuals.folder_permissions.folder IS
    'Folder, and what lies below it; empty = all';
COMMENT ON COLUMN gridtwin_manuals.folder_permissions.permission IS
    'Permission that it needs, such as operate';

CREATE TABLE gridtwin_manuals.link_reviews (
    manufacturer text NOT NULL,
    model text NOT NULL,
    document text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('accepted', 'rejected')),
    actor text NOT NULL,
    PRIMARY KEY (manufacturer, model, document)
);
COMMENT ON TABLE gridtwin_manuals.link_reviews IS
    'What people said of whether a document concerns a model';
COMMENT ON COLUMN gridtwin_manuals.link_reviews.manufacturer IS 'Maker, in lower case, no signs';
COMMENT ON COLUMN gridtwin_manuals.link_reviews.model IS 'Model, in lower case without signs';
COMMENT ON COLUMN gridtwin_manuals.link_reviews.document IS 'Document';
COMMENT ON COLUMN gridtwin_manuals.link_reviews.verdict IS 'accepted or rejected';
COMMENT ON COLUMN gridtwin_manuals.link_reviews.actor IS 'Who said so';

CREATE TABLE gridtwin_manuals.asked_questions (
    question text NOT NULL,
    answered int NOT NULL,
    times int NOT NULL,
    last_asked text NOT NULL,
    PRIMARY KEY (question, answered)
);
COMMENT ON TABLE gridtwin_manuals.asked_questions IS 'Questions to manuals, without who asked';
COMMENT ON COLUMN gridtwin_manuals.asked_questions.question IS 'In lower case';
COMMENT ON COLUMN gridtwin_manuals.asked_questions.answered IS '1 = something was found, 0 = not';
COMMENT ON COLUMN gridtwin_manuals.asked_questions.times IS 'How often it was asked';
COMMENT ON COLUMN gridtwin_manuals.asked_questions.last_asked IS 'When last; ISO 8601';

CREATE TABLE gridtwin_manuals.page_votes (
    document text NOT NULL,
    page int NOT NULL,
    question text NOT NULL,
    helpful int NOT NULL,
    voted text NOT NULL
);
COMMENT ON TABLE gridtwin_manuals.page_votes IS 'Whether a page helped';
COMMENT ON COLUMN gridtwin_manuals.page_votes.document IS 'Document';
COMMENT ON COLUMN gridtwin_manuals.page_votes.page IS 'Page';
COMMENT ON COLUMN gridtwin_manuals.page_votes.question IS 'What was asked; empty = not known';
COMMENT ON COLUMN gridtwin_manuals.page_votes.helpful IS '1 = it helped, 0 = it did not';
COMMENT ON COLUMN gridtwin_manuals.page_votes.voted IS 'When; ISO 8601';

INSERT INTO gridtwin.migrations (number, name) VALUES (40, 'manuals');

COMMIT;
