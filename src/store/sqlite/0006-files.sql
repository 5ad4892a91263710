ALTER TABLE attestations ADD COLUMN file_name TEXT;  -- of a file that was handed in
ALTER TABLE attestations ADD COLUMN media_type TEXT; -- of a file, after RFC 6838
