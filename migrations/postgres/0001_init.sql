-- The twin of sqlite/0001_init.sql. Texts compare by their bytes, as SQLite compares them.

CREATE TABLE meta (key TEXT COLLATE "C" PRIMARY KEY, value TEXT COLLATE "C" NOT NULL);

CREATE TABLE person (
  id TEXT COLLATE "C" PRIMARY KEY, name TEXT COLLATE "C" NOT NULL, role TEXT COLLATE "C" NOT NULL, lang TEXT COLLATE "C" NOT NULL, tz TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, frozen_at BIGINT);

-- Who is who on a platform: the platform's immutable id, never a name.
CREATE TABLE identity (
  platform TEXT COLLATE "C" NOT NULL, external_id TEXT COLLATE "C" NOT NULL, person TEXT COLLATE "C" NOT NULL REFERENCES person (id),
  created_at BIGINT NOT NULL, PRIMARY KEY (platform, external_id));

-- The secret stays in the vault; the last used step lives here, because it changes with every code.
CREATE TABLE factor (
  id TEXT COLLATE "C" PRIMARY KEY, person TEXT COLLATE "C" NOT NULL REFERENCES person (id), last_step BIGINT NOT NULL,
  enrolled_at BIGINT NOT NULL, hold_until BIGINT, revoked_at BIGINT);

CREATE TABLE recovery_code (
  hash TEXT COLLATE "C" PRIMARY KEY, person TEXT COLLATE "C" NOT NULL REFERENCES person (id), created_at BIGINT NOT NULL, used_at BIGINT);

-- Wrong codes by factor: they commit on their own, before the answer.
CREATE TABLE guard (
  scope TEXT COLLATE "C" PRIMARY KEY, wrong BIGINT NOT NULL, window_start BIGINT NOT NULL, locked_until BIGINT NOT NULL,
  locks BIGINT NOT NULL);

-- body is the canonical JSON that the digest covers, byte for byte; seal = HMAC(vault key, digest).
CREATE TABLE plan (
  id TEXT COLLATE "C" PRIMARY KEY, label TEXT COLLATE "C" NOT NULL, digest TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL,
  person TEXT COLLATE "C" NOT NULL REFERENCES person (id), conversation TEXT COLLATE "C" NOT NULL, state TEXT COLLATE "C" NOT NULL,
  wrong BIGINT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, closed_at BIGINT,
  seal TEXT COLLATE "C" NOT NULL);
CREATE INDEX plan_by_label ON plan (label, created_at);
CREATE INDEX plan_open ON plan (person, conversation, state);

-- One armed plan for each person and conversation.
CREATE TABLE arm (
  person TEXT COLLATE "C" NOT NULL, conversation TEXT COLLATE "C" NOT NULL, plan TEXT COLLATE "C" NOT NULL REFERENCES plan (id),
  armed_at BIGINT NOT NULL, PRIMARY KEY (person, conversation));

-- seal = HMAC(vault key, digest | person | factor | step | time | job ids): a row written by anything else does nothing.
CREATE TABLE approval (
  plan TEXT COLLATE "C" PRIMARY KEY REFERENCES plan (id), digest TEXT COLLATE "C" NOT NULL, person TEXT COLLATE "C" NOT NULL, factor TEXT COLLATE "C" NOT NULL,
  step BIGINT NOT NULL, approved_at BIGINT NOT NULL, jobs TEXT COLLATE "C" NOT NULL, seal TEXT COLLATE "C" NOT NULL);

CREATE TABLE job (
  id TEXT COLLATE "C" PRIMARY KEY, plan TEXT COLLATE "C" NOT NULL REFERENCES plan (id), n BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL,
  state TEXT COLLATE "C" NOT NULL, domain TEXT COLLATE "C", money BIGINT NOT NULL, once TEXT COLLATE "C", step TEXT COLLATE "C" NOT NULL,
  run_at BIGINT NOT NULL, attempts BIGINT NOT NULL, lease_owner TEXT COLLATE "C", lease_until BIGINT, epoch BIGINT NOT NULL,
  intent_at BIGINT, called_at BIGINT, base_at BIGINT, evidence TEXT COLLATE "C", note TEXT COLLATE "C", created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  UNIQUE (plan, n));
CREATE INDEX job_due ON job (run_at, id) WHERE state IN ('ready', 'calling', 'waiting');
-- At most one money job of a domain is under way, unknown outcomes included.
CREATE UNIQUE INDEX job_money ON job (domain)
  WHERE money = 1 AND state IN ('calling', 'waiting', 'needs_code', 'needs_human');
-- (verb, domain, expected expiry) once, for all attempts that did not certainly fail.
CREATE UNIQUE INDEX job_once ON job (once) WHERE once IS NOT NULL;

-- Append-only: what happened.
CREATE TABLE event (
  id TEXT COLLATE "C" PRIMARY KEY, at BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, plan TEXT COLLATE "C", label TEXT COLLATE "C", job TEXT COLLATE "C", person TEXT COLLATE "C",
  domain TEXT COLLATE "C", body TEXT COLLATE "C" NOT NULL);
CREATE INDEX event_by_domain ON event (domain, id);

-- What a person must still be told.
CREATE TABLE outbox (
  id TEXT COLLATE "C" PRIMARY KEY, person TEXT COLLATE "C" NOT NULL, conversation TEXT COLLATE "C" NOT NULL, plan TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL, delivered_at BIGINT);
CREATE INDEX outbox_waiting ON outbox (person, id) WHERE delivered_at IS NULL;

-- What an account last said of a domain.
CREATE TABLE fact (
  account TEXT COLLATE "C" NOT NULL, domain TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL, seen_at BIGINT NOT NULL,
  PRIMARY KEY (account, domain));

-- Half-understood wish and last named domain of a conversation.
CREATE TABLE dialog (
  person TEXT COLLATE "C" NOT NULL, conversation TEXT COLLATE "C" NOT NULL, frame TEXT COLLATE "C", last_domain TEXT COLLATE "C", updated_at BIGINT NOT NULL,
  PRIMARY KEY (person, conversation));

-- Requests that came while the vault was locked.
CREATE TABLE kept (
  id TEXT COLLATE "C" PRIMARY KEY, person TEXT COLLATE "C" NOT NULL, conversation TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL,
  created_at BIGINT NOT NULL);
