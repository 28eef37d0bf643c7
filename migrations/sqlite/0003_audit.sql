-- The table event becomes the audit log: each row's hash covers its bytes and the hash before it.
-- Rows from before have no seq; how many there were stands in the chain's head and in every seal.
ALTER TABLE event ADD COLUMN seq BIGINT;
ALTER TABLE event ADD COLUMN place TEXT;
ALTER TABLE event ADD COLUMN facts TEXT;
ALTER TABLE event ADD COLUMN prev TEXT;
ALTER TABLE event ADD COLUMN hash TEXT;
CREATE UNIQUE INDEX event_by_seq ON event (seq) WHERE seq IS NOT NULL;

-- One row. Whoever appends raises it first and so holds it to the end of his transaction: two writers cannot fork it.
CREATE TABLE chain (name TEXT PRIMARY KEY, seq BIGINT NOT NULL, hash TEXT NOT NULL, older BIGINT NOT NULL);
INSERT INTO chain (name, seq, hash, older) SELECT 'audit', 0, '', COUNT(*) FROM event;

-- Where the chain stood, sealed with a key of the vault: seal = HMAC(key, seq | hash | older | at).
CREATE TABLE audit_head (
  seq BIGINT PRIMARY KEY, hash TEXT NOT NULL, older BIGINT NOT NULL, at BIGINT NOT NULL, seal TEXT NOT NULL);
