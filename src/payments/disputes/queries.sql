-- Disputes: payers who want their money back by way of the bank.

-- name: freeze_earning
-- First of all, so that a payout that takes the row after us sees it. Also of a booking that has brought nothing yet.
insert into host_earning (booking_id, host_id, currency, disputed)
select id, host_id, currency, true from booking where id = $1
on conflict (booking_id) do update set disputed = true;

-- name: thaw_earning
-- Unless another dispute is open. Says whether one is.
with others as (
    select exists (select from dispute where booking_id = $1 and status = 'open') as any_open
), thawed as (
    update host_earning set disputed = false from others where booking_id = $1 and not any_open
)
select any_open from others;

-- name: insert_dispute
-- Nothing when it is known.
insert into dispute (id, provider, reference, payment_id, booking_id, currency, amount, status, reason, next_check_at, opened_at)
values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10)
on conflict on constraint dispute_once do nothing
returning true;

-- name: lock_dispute
select * from dispute where provider = $1 and reference = $2 for update;

-- name: reopen_dispute
-- As if it had not been decided. What was paid out meanwhile was not paid out while it was open.
update dispute set status = 'open', opened_at = $2, closed_at = null where id = $1;

-- name: save_dispute
update dispute
set amount = $2, withdrawn = $3, fee = $4, moves = $5, status = $6, reason = $7, next_check_at = $8, closed_at = $9
where id = $1;

-- name: refunds_owed
-- What was decided to give back and has not been asked for, or was refused.
select * from refund
where payment_id = $1 and replaced_by is null and (status = 'failed' or (status = 'pending' and asked_at is null))
order by id for update;

-- name: pay_refund_in_part
-- $3 of it is paid and stands for itself ($2); the rest is owed as it was.
with rest as (
    update refund set amount = amount - $3, updated_at = $5 where id = $1 returning *
)
insert into refund (id, payment_id, currency, amount, cause, reason, requested_by, status, provider_reference, created_at,
                    updated_at, repeats)
select $2, payment_id, currency, $3, cause, reason, requested_by, 'succeeded', $4, $5, $5, coalesce(repeats, id) from rest;

-- name: refunds_waiting
select id from refund where payment_id = $1 and status = 'pending';

-- name: tell_dispute
insert into outbox_event (kind, subject_id, payload, at)
select $2, d.id,
       jsonb_build_object('booking_id', d.booking_id, 'payment_id', d.payment_id, 'guest_id', p.guest_id,
                          'host_id', p.host_id, 'status', d.status, 'currency', d.currency, 'amount', d.amount), $3
from dispute d join payment p on p.id = d.payment_id where d.id = $1;

-- name: take_due_disputes
-- Pushed on by $2 at once, so that nobody else takes them.
with due as (
    select id from dispute where next_check_at <= $1 order by next_check_at limit $3 for update skip locked
)
update dispute set next_check_at = $2 from due where dispute.id = due.id returning dispute.provider, dispute.reference;

-- name: find_dispute
select d.*, p.guest_id, p.host_id from dispute d join payment p on p.id = d.payment_id where d.id = $1;

-- name: disputes
select d.*, p.guest_id, p.host_id from dispute d join payment p on p.id = d.payment_id
where ($1::uuid is null or d.id < $1) and ($2::text[] is null or d.status = any ($2))
order by d.id desc limit $3;

-- name: disputes_before
select d.*, p.guest_id, p.host_id from dispute d join payment p on p.id = d.payment_id
where d.id > $1 and ($2::text[] is null or d.status = any ($2))
order by d.id limit $3;
