-- Version 3: when an operation was made, and on which request, so that it is made once.
ALTER TABLE switch_event ADD COLUMN request TEXT;
CREATE UNIQUE INDEX switch_event_request ON switch_event (request);
CREATE INDEX switch_event_at ON switch_event (at, version);
CREATE INDEX switch_event_mrid ON switch_event (mrid, version);
