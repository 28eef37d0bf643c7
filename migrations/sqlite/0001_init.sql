-- Common subset of SQLite and PostgreSQL: TEXT ids and JSON, BIGINT unix milliseconds, no booleans.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE person (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, lang TEXT NOT NULL, tz TEXT NOT NULL,
  created_at BIGINT NOT NULL, frozen_at BIGINT);

-- Who is who on a platform: the platform's immutable id, never a name.
CREATE TABLE identity (
  platform TEXT NOT NULL, external_id TEXT NOT NULL, person TEXT NOT NULL REFERENCES person (id),
  created_at BIGINT NOT NULL, PRIMARY KEY (platform, external_id));

-- The secret stays in the vault; the last used step lives here, because it changes with every code.
CREATE TABLE factor (
  id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id), last_step BIGINT NOT NULL,
  enrolled_at BIGINT NOT NULL, hold_until BIGINT, revoked_at BIGINT);

CREATE TABLE recovery_code (
  hash TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person (id), created_at BIGINT NOT NULL, used_at BIGINT);

-- Wrong codes by factor: they commit on their own, before the answer.
CREATE TABLE guard (
  scope TEXT PRIMARY KEY, wrong BIGINT NOT NULL, window_start BIGINT NOT NULL, locked_until BIGINT NOT NULL,
  locks BIGINT NOT NULL);

-- body is the canonical JSON that the digest covers, byte for byte; seal = HMAC(vault key, digest).
CREATE TABLE plan (
  id TEXT PRIMARY KEY, label TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL,
  person TEXT NOT NULL REFERENCES person (id), conversation TEXT NOT NULL, state TEXT NOT NULL,
  wrong BIGINT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, closed_at BIGINT,
  seal TEXT NOT NULL);
CREATE INDEX plan_by_label ON plan (label, created_at);
CREATE INDEX plan_open ON plan (person, conversation, state);

-- One armed plan for each person and conversation.
CREATE TABLE arm (
  person TEXT NOT NULL, conversation TEXT NOT NULL, plan TEXT NOT NULL REFERENCES plan (id),
  armed_at BIGINT NOT NULL, PRIMARY KEY (person, conversation));

-- seal = HMAC(vault key, digest | person | factor | step | time | job ids): a row written by anything else does nothing.
CREATE TABLE approval (
  plan TEXT PRIMARY KEY REFERENCES plan (id), digest TEXT NOT NULL, person TEXT NOT NULL, factor TEXT NOT NULL,
  step BIGINT NOT NULL, approved_at BIGINT NOT NULL, jobs TEXT NOT NULL, seal TEXT NOT NULL);

CREATE TABLE job (
  id TEXT PRIMARY KEY, plan TEXT NOT NULL REFERENCES plan (id), n BIGINT NOT NULL, kind TEXT NOT NULL,
  state TEXT NOT NULL, domain TEXT, money BIGINT NOT NULL, once TEXT, step TEXT NOT NULL,
  run_at BIGINT NOT NULL, attempts BIGINT NOT NULL, lease_owner TEXT, lease_until BIGINT, epoch BIGINT NOT NULL,
  intent_at BIGINT, called_at BIGINT, base_at BIGINT, evidence TEXT, note TEXT, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
  UNIQUE (plan, n));
CREATE INDEX job_due ON job (run_at, id) WHERE state IN ('ready', 'calling', 'waiting');
-- At most one money job of a domain is under way, unknown outcomes included.
CREATE UNIQUE INDEX job_money ON job (domain)
  WHERE money = 1 AND state IN ('calling', 'waiting', 'needs_code', 'needs_human');
-- (verb, domain, expected expiry) once, for all attempts that did not certainly fail.
CREATE UNIQUE INDEX job_once ON job (once) WHERE once IS NOT NULL;

-- Append-only: what happened.
CREATE TABLE event (
  id TEXT PRIMARY KEY, at BIGINT NOT NULL, kind TEXT NOT NULL, plan TEXT, label TEXT, job TEXT, person TEXT,
  domain TEXT, body TEXT NOT NULL);
CREATE INDEX event_by_domain ON event (domain, id);

-- What a person must still be told.
CREATE TABLE outbox (
  id TEXT PRIMARY KEY, person TEXT NOT NULL, conversation TEXT NOT NULL, plan TEXT NOT NULL, body TEXT NOT NULL,
  created_at BIGINT NOT NULL, delivered_at BIGINT);
CREATE INDEX outbox_waiting ON outbox (person, id) WHERE delivered_at IS NULL;

-- What an account last said of a domain.
CREATE TABLE fact (
  account TEXT NOT NULL, domain TEXT NOT NULL, body TEXT NOT NULL, seen_at BIGINT NOT NULL,
  PRIMARY KEY (account, domain));

-- Half-understood wish and last named domain of a conversation.
CREATE TABLE dialog (
  person TEXT NOT NULL, conversation TEXT NOT NULL, frame TEXT, last_domain TEXT, updated_at BIGINT NOT NULL,
  PRIMARY KEY (person, conversation));

-- Requests that came while the vault was locked.
CREATE TABLE kept (
  id TEXT PRIMARY KEY, person TEXT NOT NULL, conversation TEXT NOT NULL, body TEXT NOT NULL,
  created_at BIGINT NOT NULL);
