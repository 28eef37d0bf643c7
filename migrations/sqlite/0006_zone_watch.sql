-- What a zone should hold: as it was last known to be right. baseline = JSON of record sets; mark = jobs that were
-- done until then are in it; told = digest of the drift that was told; next_at = when it is looked at again.
CREATE TABLE zone_watch (
  account TEXT NOT NULL, zone TEXT NOT NULL, name TEXT NOT NULL, baseline TEXT, serial TEXT,
  mark BIGINT NOT NULL, right_at BIGINT NOT NULL, told TEXT, next_at BIGINT NOT NULL, PRIMARY KEY (account, zone));
CREATE INDEX zone_watch_due ON zone_watch (next_at);
