INSERT INTO audit_head (seq, hash, older, at, seal) VALUES (1, 'f0', 0, 1763888430000, 'seal');
