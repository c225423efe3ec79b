-- Payments, refunds and the ledger. `now` always comes from the caller's clock. Whoever changes a payment holds the row of
-- its booking first, so that what belongs to one booking happens one after the other.

-- name: find_payment
-- For its guest, its host, or an admin ($3); nothing for anybody else.
select * from payment where id = $1 and (guest_id = $2 or host_id = $2 or $3);

-- name: find_payments
-- The same of many.
select * from payment where id = any ($1) and (guest_id = $2 or host_id = $2 or $3);

-- name: payment_to_advance
-- With what was told of it by name, first what was told first.
select p.*, b.status as booking_status, told.reference as told_reference, told.receipt as told_receipt
from payment p join booking b on b.id = p.booking_id
left join lateral (
    select (array_agg(reference order by received_at) filter (where reference <> ''))[1] as reference,
           (array_agg(receipt order by received_at) filter (where receipt is not null))[1] as receipt
    from webhook_event where payment_id = p.id and about = 'payment') told on true
where p.id = $1;

-- name: booking_of_payment
select booking_id from payment where id = $1;

-- name: lock_payment
select * from payment where id = $1 for update;

-- name: count_payments
select count(*) from payment where booking_id = $1;

-- name: has_applied
-- Whether another payment has this place.
select exists (
    select from payment
    where booking_id = $1 and purpose = $2 and alteration_id is not distinct from $3 and applied and id <> $4);

-- name: insert_payment
insert into payment (id, booking_id, guest_id, host_id, purpose, alteration_id, currency, amount, method, provider, capture,
                     status, next_check_at, created_at, updated_at, payer_email, payer_phone)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'pending', $12, $13, $13, u.email, coalesce($14, u.phone)
from app_user u where u.id = $3
returning *;

-- name: save_payment
update payment
set status = $2, provider_reference = $3, failure_reason = $4, next_action = $5, applied = $6, abandoned = $7,
    captured = $8, to_refund = $9, refunded = $10, next_check_at = $11, version = version + 1, updated_at = $12
where id = $1
returning *;

-- name: keep_receipt
-- Once the money is there, and unless another payment has it.
update payment p set provider_receipt = $2
where id = $1 and provider_receipt is null and captured > 0
  and not exists (select from payment o where o.provider = p.provider and o.provider_receipt = $2);

-- name: check_again
update payment set next_check_at = $2 where id = $1;

-- name: tell_payment
-- $4: the refund it is about, if it is about one.
insert into outbox_event (kind, subject_id, payload, at)
select $2, id,
       jsonb_build_object('booking_id', booking_id, 'guest_id', guest_id, 'host_id', host_id, 'status', status,
                          'currency', currency, 'amount', amount, 'captured', captured, 'refunded', refunded)
       || case when $4::uuid is null then '{}' else jsonb_build_object('refund_id', $4::uuid) end, $3
from payment where id = $1;

-- name: unfinished_of_booking
select id from payment where booking_id = $1 and status in ('pending', 'requires_action', 'authorized');

-- name: refundable_of_booking
-- The latest first.
select * from payment where booking_id = $1 and applied and captured > to_refund order by id desc for update;

-- name: take_due
-- Pushed on by $2 at once, so that nobody else takes them; what comes of asking says when the next time is.
with due as (
    select id from payment where next_check_at <= $1 order by next_check_at limit $3 for update skip locked
)
update payment set next_check_at = $2 from due where payment.id = due.id returning payment.id;

-- name: payments_of_bookings
-- For guest, host, or an admin ($3).
select p.*
from (select distinct unnest($1::uuid[]) as id) as asked
cross join lateral (
    select * from payment where booking_id = asked.id and (guest_id = $2 or host_id = $2 or $3) order by id desc limit 100
) p
order by p.booking_id, p.id desc;

-- name: payments_of_guest
-- Newest first; a filter that is null does not filter.
select * from payment
where guest_id = $1 and ($2::uuid is null or id < $2) and ($3::text[] is null or status = any ($3))
order by id desc limit $4;

-- name: payments_of_guest_before
-- The page before: oldest first, to be turned around.
select * from payment
where guest_id = $1 and id > $2 and ($3::text[] is null or status = any ($3))
order by id limit $4;

-- name: payments_of_host
select * from payment
where host_id = $1 and ($2::uuid is null or id < $2) and ($3::text[] is null or status = any ($3))
order by id desc limit $4;

-- name: payments_of_host_before
select * from payment
where host_id = $1 and id > $2 and ($3::text[] is null or status = any ($3))
order by id limit $4;

-- name: count_payments_of
select count(*) from payment
where case $1 when 'host' then host_id = $2 else guest_id = $2 end and ($3::text[] is null or status = any ($3));

-- name: insert_refund
insert into refund (id, payment_id, currency, amount, cause, reason, requested_by, status, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, 'pending', $8, $8);

-- name: refund_to_make
-- As it was before it was noted that it is asked for, which is committed before it is.
-- Nobody asks for money that its payer wants back from the bank, unless it was asked for before. What has succeeded is
-- asked about, because it may come back, unless it is a bank that has given it.
with before as (
    select * from refund r where id = $1
      and (status = 'pending'
           and (asked_at is not null
                or not exists (select from dispute d where d.payment_id = r.payment_id and d.status = 'open'))
           or status = 'succeeded' and asked_at is not null and provider_reference <> ''
           and not exists (select from dispute d
                           where d.payment_id = r.payment_id and d.reference = r.provider_reference))
    for update
)
update refund set asked_at = coalesce(refund.asked_at, $2) from before where refund.id = before.id
returning before.payment_id, before.currency, before.amount, before.status, before.provider_reference, before.asked_at;

-- name: refund_is_named
update refund set provider_reference = $2 where id = $1;

-- name: lock_refund
select * from refund where id = $1 for update;

-- name: refunds_of_payment
select * from refund where payment_id = $1 order by id desc limit 100;

-- name: refunds_of_payments
-- For guest, host, or an admin ($3).
select r.*
from payment p
cross join lateral (select * from refund where payment_id = p.id order by id desc limit 100) r
where p.id = any ($1) and (p.guest_id = $2 or p.host_id = $2 or $3)
order by r.payment_id, r.id desc;

-- name: named_refunds_of_payment
-- Those that the provider knows and has not refused: to look at one again sends nothing.
select id from refund where payment_id = $1 and status <> 'failed' and provider_reference is not null;

-- name: end_refund
update refund set status = $2, provider_reference = $3, failure_reason = $4, updated_at = $5 where id = $1;

-- name: shares_of_booking
-- Whose the booking's money is, as far as the ledger goes.
select coalesce(-sum(e.amount) filter (where e.account = 'host_payable'), 0)::bigint as host,
       coalesce(-sum(e.amount) filter (where e.account = 'platform_revenue'), 0)::bigint as revenue,
       coalesce(-sum(e.amount) filter (where e.account = 'tax_payable'), 0)::bigint as tax,
       $2::char(3) as currency
from ledger_journal j join ledger_entry e on e.journal_id = j.id
where j.booking_id = $1 and j.currency = $2::char(3);

-- name: post_journal
-- With its entries and what they do to the balances, which are taken in one order by everybody.
with made as (
    insert into ledger_journal (id, kind, dedupe_key, currency, booking_id, payment_id, refund_id, payout_id, dispute_id,
                                adjustment_id, at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict on constraint ledger_journal_once do nothing
    returning id, currency
), lines as (
    select account, owner, amount from unnest($12::text[], $13::text[], $14::bigint[]) l (account, owner, amount)
), written as (
    insert into ledger_entry (journal_id, account, owner, amount)
    select made.id, lines.account, lines.owner, lines.amount from made, lines
), counted as (
    insert into ledger_balance (account, owner, currency, balance)
    select account, owner, made.currency, sum(amount)::bigint from made, lines
    group by account, owner, made.currency order by account, owner
    on conflict (account, owner, currency) do update set balance = ledger_balance.balance + excluded.balance
)
select count(*) from made;

-- name: booked_charges
-- Of payments that were begun from $2 to $3, in order of their ids, after $4. Not those that are still being asked for,
-- or given back: what has come of them is found out in any case.
select p.id as payment_id, p.provider_reference as reference, p.currency,
       coalesce(sum(e.amount) filter (where j.kind in ('capture', 'capture_not_taken')), 0)::bigint as captured,
       coalesce(-sum(e.amount) filter (where j.kind in ('refund_paid', 'refund_returned')), 0)::bigint as refunded
from payment p left join ledger_journal j on j.payment_id = p.id
left join ledger_entry e on e.journal_id = j.id and e.account in ('gateway_cash', 'gateway_fee')
where p.provider = $1 and p.created_at >= $2 and p.created_at < $3 and p.provider_reference is not null and p.id > $4
  and p.next_check_at is null and not exists (select from refund r where r.payment_id = p.id and r.status = 'pending')
group by p.id order by p.id limit $5;

-- name: insert_event
-- Nothing when it came before.
insert into webhook_event (id, provider, event_id, kind, about, reference, payment_id, receipt, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict on constraint webhook_event_once do nothing
returning true;

-- name: payment_of_reference
select id from payment where provider = $1 and provider_reference = $2;

-- name: forget_old_events
delete from webhook_event where id in (
    select id from webhook_event where received_at < $1 order by received_at limit $2 for update skip locked);

-- The sandbox's own. Nothing above reads its rows.

-- name: sandbox_begin
-- The same key is the same charge.
insert into sandbox_charge (id, idempotency_key, token, description, currency, amount, manual, state, created_at)
values ($1, $2, $3, $4, $5, $6, $7, 'open', $8)
on conflict (idempotency_key) do update set idempotency_key = excluded.idempotency_key
returning *;

-- name: sandbox_charge_of
select * from sandbox_charge where id = $1;

-- name: sandbox_charge_at
select * from sandbox_charge where token = $1;

-- name: sandbox_charges
select id::text as reference, currency, captured, refunded from sandbox_charge
where created_at >= $1 and created_at < $2 and id > $3 order by id limit $4;

-- name: sandbox_capture
update sandbox_charge set state = 'succeeded', captured = amount where id = $1 and state = 'authorized';

-- name: sandbox_cancel
-- What is on its way cannot be called back.
update sandbox_charge set state = 'cancelled' where id = $1 and state in ('open', 'second_step', 'authorized');

-- name: sandbox_refund
-- Whether there is one under this key now.
with made as (
    insert into sandbox_refund (id, idempotency_key, charge_id, amount)
    select $1, $2, id, $4 from sandbox_charge
    where id = $3 and state <> 'disputed'
      and refunded + $4 + case state when 'dispute_lost' then disputed else 0 end <= captured
      and not exists (select from sandbox_refund where idempotency_key = $2)
    on conflict (idempotency_key) do nothing
    returning charge_id, amount
), counted as (
    update sandbox_charge c set refunded = c.refunded + made.amount from made where c.id = made.charge_id
)
select exists (select from made) or exists (select from sandbox_refund where idempotency_key = $2);

-- name: sandbox_decide
-- What the guest did on its page, if the charge is still where the page was.
update sandbox_charge
set state = $3, reason = $4, captured = case when $3 = 'succeeded' then amount else captured end,
    disputed = case when $3 = 'disputed' then captured - refunded else disputed end
where token = $1 and state = $2
returning *;

-- name: sandbox_pay_out
-- The same key is the same payout. Asked for again, what waits arrives, and what arrived at `returns` comes back.
insert into sandbox_payout (id, idempotency_key, destination, currency, amount, state)
values ($1, $2, $3, $4, $5, $6)
on conflict (idempotency_key) do update
set asked = sandbox_payout.asked + 1,
    state = case when sandbox_payout.state = 'waiting' then 'paid'
                 when sandbox_payout.state = 'paid' and sandbox_payout.destination = 'returns' then 'returned'
                 else sandbox_payout.state end
returning *;

-- name: sandbox_secrets
select secret from sandbox_secret;
