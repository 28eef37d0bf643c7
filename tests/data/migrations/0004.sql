INSERT INTO frozen (scope, at, person) VALUES ('domain:firma.pl', 1763888460000, '01KAR0000000000000000000P1');
INSERT INTO breaker (account, failures, opened, open_until, why, since) VALUES ('01KAR0000000000000000000A1', 5, 1, 1763888520000, 'x', 1763888460000);
