-- The twin of sqlite/0006_zone_watch.sql.
-- What a zone should hold: as it was last known to be right. baseline = JSON of record sets; mark = jobs that were
-- done until then are in it; told = digest of the drift that was told; next_at = when it is looked at again.
CREATE TABLE zone_watch (
  account TEXT COLLATE "C" NOT NULL, zone TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, baseline TEXT COLLATE "C", serial TEXT COLLATE "C",
  mark BIGINT NOT NULL, right_at BIGINT NOT NULL, told TEXT COLLATE "C", next_at BIGINT NOT NULL, PRIMARY KEY (account, zone));
CREATE INDEX zone_watch_due ON zone_watch (next_at);
