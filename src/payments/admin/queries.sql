-- What admins do about money, and the record of it.

-- name: insert_audit
insert into audit_entry (id, actor_id, action, subject_id, reason, at) values ($1, $2, $3, $4, $5, $6);

-- name: audit_entries
-- Newest first; a filter that is null does not filter.
select * from audit_entry
where ($1::uuid is null or id < $1) and ($2::uuid is null or subject_id = $2) and ($3::uuid is null or actor_id = $3)
order by id desc limit $4;

-- name: audit_entries_before
-- The page before: oldest first, to be turned around, as in all the lists below.
select * from audit_entry
where id > $1 and ($2::uuid is null or subject_id = $2) and ($3::uuid is null or actor_id = $3)
order by id limit $4;

-- name: failed_refunds
select * from refund where status = 'failed' and replaced_by is null and ($1::uuid is null or id < $1)
order by id desc limit $2;

-- name: failed_refunds_before
select * from refund where status = 'failed' and replaced_by is null and id > $1 order by id limit $2;

-- name: repeat_refund
-- Under an id of its own; nothing unless it has failed and was not repeated.
with failed as (
    select * from refund where id = $1 and status = 'failed' and replaced_by is null for update
), made as (
    insert into refund (id, payment_id, currency, amount, cause, reason, requested_by, status, created_at, updated_at, repeats)
    select $2, payment_id, currency, amount, cause, reason, requested_by, 'pending', $3, $3, coalesce(repeats, id) from failed
    returning *
), replaced as (
    update refund set replaced_by = $2, updated_at = $3 from made where refund.id = $1
)
select * from made;

-- name: booking_of_refund
select p.booking_id from refund r join payment p on p.id = r.payment_id where r.id = $1;

-- name: host_of_booking
select host_id from booking where id = $1;

-- name: is_user
select exists (select from app_user where id = $1);

-- name: wait_for_payouts
-- A payout that is just about to be asked for is asked for before; no other until the transaction ends.
select currency from payout_account where host_id = $1 order by currency for update;

-- name: insert_hold
-- Nothing when there is one.
insert into payout_hold (id, host_id, booking_id, reason, created_by, created_at) values ($1, $2, $3, $4, $5, $6)
on conflict on constraint payout_hold_once do nothing
returning *;

-- name: delete_hold
delete from payout_hold where id = $1 returning *;

-- name: holds
select * from payout_hold where ($1::uuid is null or id < $1) and ($2::uuid is null or host_id = $2)
order by id desc limit $3;

-- name: holds_before
select * from payout_hold where id > $1 and ($2::uuid is null or host_id = $2) order by id limit $3;

-- name: insert_adjustment
insert into adjustment (id, currency, amount, debit_account, debit_owner, credit_account, credit_owner, reason, needs_second,
                        status, proposed_by, decided_by, created_at, decided_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $10 = 'posted' then $11::uuid end, $12,
        case when $10 = 'posted' then $12::timestamptz end)
returning *;

-- name: lock_adjustment
select * from adjustment where id = $1 for update;

-- name: decide_adjustment
update adjustment set status = $2, decided_by = $3, decided_at = $4 where id = $1 returning *;

-- name: adjustments
select * from adjustment where ($1::uuid is null or id < $1) and ($2::text[] is null or status = any ($2))
order by id desc limit $3;

-- name: adjustments_before
select * from adjustment where id > $1 and ($2::text[] is null or status = any ($2)) order by id limit $3;
