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
where principal = $1 and operation = $2 and key = $3 and status is not null

-- name: claim_work
-- Work that is done in several transactions: ours when nobody has begun it, or when whoever did has had the time.
insert into idempotency (principal, operation, key, fingerprint, work_id, lease_until)
values ($1, $2, $3, $4, $5, now() + $6::bigint * interval '1 millisecond')
on conflict (principal, operation, key) do update set lease_until = excluded.lease_until
    where idempotency.fingerprint = excluded.fingerprint and idempotency.status is null
      and idempotency.lease_until <= now()
returning work_id

-- name: fingerprint_of_key
select fingerprint from idempotency where principal = $1 and operation = $2 and key = $3

-- name: lock_key
select key from idempotency where principal = $1 and operation = $2 and key = $3 for update

-- name: forget_work
delete from idempotency where principal = $1 and operation = $2 and key = $3 and status is null

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
