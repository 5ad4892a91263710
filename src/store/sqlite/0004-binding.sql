-- Asked before every command without a proof, however many tokens agents of that user were given. The
-- condition is the one of the question, word for word.
CREATE INDEX credentials_binding ON credentials (user) WHERE kind IN ('standing', 'key');
