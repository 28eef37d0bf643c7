INSERT INTO audit_head (seq, hash, older, at, seal) VALUES (0, '', 1, 1763888430000, 'seal');
