INSERT INTO lease (name, owner, epoch, expires_at) VALUES ('cron', '01KAR0000000000000000000W1', 1, 1763888460000);
