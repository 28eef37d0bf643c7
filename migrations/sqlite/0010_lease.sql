-- Who does what only one process may do: cron, reaper, telegram:<bot>. epoch rises with every new holder.
CREATE TABLE lease (
  name TEXT PRIMARY KEY, owner TEXT NOT NULL, epoch BIGINT NOT NULL, expires_at BIGINT NOT NULL);
