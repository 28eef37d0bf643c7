UPDATE chain SET seq = 1, hash = 'aa' WHERE name = 'audit';
INSERT INTO event (id, at, kind, body, seq, place, facts, prev, hash) VALUES ('audit-1', 1763888460000, 'plan.made', 'null', 1, 'host', '{}', '', 'aa');
INSERT INTO audit_head (seq, hash, older, at, seal) VALUES (1, 'aa', 1, 1763888460000, 'bb');
