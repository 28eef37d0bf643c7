-- A plan counts only after its card was shown: all of its steps, not a part.
ALTER TABLE plan ADD COLUMN delivered_at BIGINT;

-- HMAC(vault key, id | role): a role that anything else wrote into the database gives no right.
ALTER TABLE person ADD COLUMN seal TEXT COLLATE "C" NOT NULL DEFAULT '';

-- HMAC(vault key, id | person | hold): a hold that was taken away from outside leaves a factor that approves nothing.
ALTER TABLE factor ADD COLUMN seal TEXT COLLATE "C" NOT NULL DEFAULT '';

-- What was changed in a zone of late.
CREATE INDEX job_by_domain ON job (domain, created_at);
