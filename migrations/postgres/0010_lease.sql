-- The twin of sqlite/0010_lease.sql.
CREATE TABLE lease (
  name TEXT COLLATE "C" PRIMARY KEY, owner TEXT COLLATE "C" NOT NULL, epoch BIGINT NOT NULL,
  expires_at BIGINT NOT NULL);

-- The time by which leases run on all nodes, unix milliseconds.
CREATE FUNCTION dombot_now() RETURNS BIGINT LANGUAGE SQL VOLATILE
  AS 'SELECT CAST(floor(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)';
