-- Replies kept under the caller's Idempotency-Key, in the transaction of the effect itself.

-- name: claim_key
-- Waits for a transaction that claims the same key now; no row when the key has been used.
insert into idempotency (principal, operation, key, fingerprint)
values ($1, $2, $3, $4)
on conflict do nothing
returning true as claimed

-- name: find_kept_reply
select fingerprint, status, location, etag, body
from idempotency
where principal = $1 and operation = $2 and key = $3

-- name: keep_reply
update idempotency
set status = $4, location = $5, etag = $6, body = $7
where principal = $1 and operation = $2 and key = $3

-- name: forget_old_replies
delete from idempotency
where (principal, operation, key) in (
    select principal, operation, key
    from idempotency
    where created_at < now() - interval '7 days'
    order by created_at
    limit $1
    for update skip locked)
