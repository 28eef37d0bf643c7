-- One row at least in each table of 0001, for migrations that come after it.
INSERT INTO meta (key, value) VALUES ('highest_time', '1763888400000');
INSERT INTO person (id, name, role, lang, tz, created_at, frozen_at) VALUES
  ('01KAR0000000000000000000P1', 'Jan', '"owner"', '"pl"', 'Europe/Warsaw', 1763888400000, NULL),
  ('01KAR0000000000000000000P2', 'Zażółć', '"viewer"', '"en"', 'UTC', 1763888400001, 1763888400002);
INSERT INTO identity (platform, external_id, person, created_at)
  VALUES ('terminal', '1000', '01KAR0000000000000000000P1', 1763888400000);
INSERT INTO factor (id, person, last_step, enrolled_at, hold_until, revoked_at)
  VALUES ('01KAR0000000000000000000F1', '01KAR0000000000000000000P1', 58796280, 1763888400000, NULL, NULL);
INSERT INTO recovery_code (hash, person, created_at, used_at)
  VALUES ('00ff', '01KAR0000000000000000000P1', 1763888400000, NULL);
INSERT INTO guard (scope, wrong, window_start, locked_until, locks) VALUES ('factor', 3, 1763888400000, 0, 0);
INSERT INTO plan (id, label, digest, body, person, conversation, state, wrong, created_at, expires_at, closed_at, seal)
  VALUES ('01KAR000000000000000000PL1', '7F3A', '7f3a', '{"a":"ż"}', '01KAR0000000000000000000P1', 'terminal',
  'running', 0, 1763888400000, 1763889000000, 1763888430000, 'seal');
INSERT INTO arm (person, conversation, plan, armed_at)
  VALUES ('01KAR0000000000000000000P1', 'terminal', '01KAR000000000000000000PL1', 1763888400000);
INSERT INTO approval (plan, digest, person, factor, step, approved_at, jobs, seal)
  VALUES ('01KAR000000000000000000PL1', '7f3a', '01KAR0000000000000000000P1', '01KAR0000000000000000000F1', 58796280,
  1763888430000, '01KAR0000000000000000000J1', 'seal');
INSERT INTO job (id, plan, n, kind, state, domain, money, once, step, run_at, attempts, lease_owner, lease_until,
  epoch, intent_at, called_at, base_at, evidence, note, created_at, updated_at)
  VALUES ('01KAR0000000000000000000J1', '01KAR000000000000000000PL1', 0, 'renew', 'calling', 'firma.pl', 1, 'renew firma.pl',
  '{}', 1763888430000, 1, '01KAR0000000000000000000W1', 1763888490000, 1, 1763888431000, 1763888431000, NULL, NULL,
  NULL, 1763888430000, 1763888431000);
INSERT INTO event (id, at, kind, plan, label, job, person, domain, body)
  VALUES ('01KAR0000000000000000000E1', 1763888430000, 'plan.approved', '01KAR000000000000000000PL1', '7F3A', NULL,
  '01KAR0000000000000000000P1', 'firma.pl', '{}');
INSERT INTO outbox (id, person, conversation, plan, body, created_at, delivered_at)
  VALUES ('01KAR000000000000000000OB1', '01KAR0000000000000000000P1', 'terminal', '01KAR000000000000000000PL1', '{}',
  1763888430000, NULL);
INSERT INTO fact (account, domain, body, seen_at)
  VALUES ('01KAR0000000000000000000A1', 'firma.pl', '{}', 1763888400000);
INSERT INTO dialog (person, conversation, frame, last_domain, updated_at)
  VALUES ('01KAR0000000000000000000P1', 'terminal', NULL, 'firma.pl', 1763888400000);
INSERT INTO kept (id, person, conversation, body, created_at)
  VALUES ('01KAR0000000000000000000K1', '01KAR0000000000000000000P1', 'terminal', 'odnów firma.pl', 1763888400000);
