INSERT INTO frozen (scope, at, person) VALUES ('all', 1763888430000, '01KAR0000000000000000000P1');
INSERT INTO breaker (account, failures, opened, open_until, why, since)
  VALUES ('01KAR0000000000000000000A1', 3, 1, 1763888490000, 'no answer', 1763888430000);
