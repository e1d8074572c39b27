-- A file that was rejected is read again once the catalog has changed: an unknown unit may be known by then.
-- So a receipt says which pack it was read with. The order of the columns serves the look-up of what has arrived already.

alter table staging.receipt add column pack_hash text references catalog.pack;
alter table staging.receipt drop constraint receipt_sha256_source_uri_received_at_key;
alter table staging.receipt add unique (source_uri, received_at, sha256, pack_hash);
comment on column staging.receipt.pack_hash is 'The catalog pack that the file was read with';
