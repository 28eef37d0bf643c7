-- The twin of sqlite/0004_keep.sql.
-- What is frozen besides persons: 'all', 'account:ID', 'domain:NAME'. Looked at in the approving transaction and
-- before every intent.
CREATE TABLE frozen (scope TEXT COLLATE "C" PRIMARY KEY, at BIGINT NOT NULL, person TEXT COLLATE "C" NOT NULL);

-- An account that fails is left alone for a while: nothing is sent to it before open_until.
CREATE TABLE breaker (
  account TEXT COLLATE "C" PRIMARY KEY, failures BIGINT NOT NULL, opened BIGINT NOT NULL, open_until BIGINT NOT NULL,
  why TEXT COLLATE "C" NOT NULL, since BIGINT NOT NULL);
