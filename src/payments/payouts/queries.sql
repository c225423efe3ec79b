-- Paying hosts. `now` always comes from the caller's clock. What a host is owed is what the ledger says; host_earning says
-- of which bookings. Whoever decides a payout holds the host's balance, which everybody changes who posts.

-- name: accounts_of_host
select * from payout_account where host_id = $1 order by currency;

-- name: set_account
-- Whether that changed anything. Money waits only for another destination.
insert into payout_account (host_id, currency, provider, destination, usable_from, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $6)
on conflict (host_id, currency) do update
set provider = excluded.provider, destination = excluded.destination, usable_from = excluded.usable_from,
    updated_at = excluded.updated_at
where (payout_account.provider, payout_account.destination) <> (excluded.provider, excluded.destination)
returning true;

-- name: drop_accounts
delete from payout_account where host_id = $1 and ($2::char(3) is null or currency = $2) returning currency;

-- name: open_earnings
-- Of every booking of the host of which something is to be paid, sooner or later. A stay of 28 nights and more is due in
-- months from its check-in. Moments are the wall clock's at the place: a day after check-in is the same time of the next
-- day, however long that day is.
select e.booking_id, e.currency, e.earned, e.paid_out, part.nights, part.nights_due, part.next_due,
       e.disputed or exists (select from payout_hold h where h.booking_id = e.booking_id) as frozen
from host_earning e join booking b on b.id = e.booking_id
cross join lateral (
    select sum(last - first)::int as nights, coalesce(sum(last - first) filter (where due <= $4), 0)::int as nights_due,
           min(due) filter (where due > $4) as next_due
    from (
        select first, last,
               case $3::text
                   when 'check_in' then b.starts_at at time zone b.time_zone + (first - b.check_in + 1) * interval '1 day'
                   else b.ends_at at time zone b.time_zone - (b.check_out - last - 2) * interval '1 day'
               end at time zone b.time_zone as due
        from (
            select (b.check_in + n * interval '1 month')::date as first,
                   least((b.check_in + (n + 1) * interval '1 month')::date, b.check_out) as last
            from generate_series(0, (b.check_out - b.check_in) / 28) n
            where b.check_out - b.check_in >= 28 and b.status in ('confirmed', 'in_stay', 'completed')
            union all
            select b.check_in, b.check_out
            where b.check_out - b.check_in < 28 or b.status not in ('confirmed', 'in_stay', 'completed')
        ) spans
        where first < last
    ) parts
) part
where e.host_id = $1 and ($2::char(3) is null or e.currency = $2) and e.earned <> e.paid_out
order by e.booking_id;

-- name: balances_of_host
select b.currency, -b.balance as balance,
       coalesce((select sum(amount) from payout p
                 where p.host_id = $1 and p.currency = b.currency and p.status = 'pending'), 0)::bigint as in_transit,
       exists (select from payout_hold h where h.host_id = $1 and h.booking_id is null) as held
from ledger_balance b where b.account = 'host_payable' and b.owner = $1::uuid::text order by b.currency;

-- name: batch_is_done
select exists (select from payout_batch where day = $1);

-- name: batch_done
insert into payout_batch (day, at) values ($1, $2) on conflict do nothing;

-- name: hosts_to_pay
-- Those who are owed something and have somewhere to put it, after one of them, who are not in this batch yet.
select a.host_id, a.currency
from payout_account a
join ledger_balance b on b.account = 'host_payable' and b.owner = a.host_id::text and b.currency = a.currency
where b.balance < 0 and a.usable_from <= $1 and (a.host_id, a.currency) > ($3, $4)
  and not exists (select from payout p where p.host_id = a.host_id and p.currency = a.currency and p.day = $2)
  and not exists (select from payout_hold h where h.host_id = a.host_id and h.booking_id is null)
order by a.host_id, a.currency limit $5;

-- name: account_to_pay
-- Nothing while no money goes there. With what the host is owed, which stays so until the transaction ends.
select a.provider, a.destination, -b.balance as balance, b.currency,
       coalesce((select max(attempt) from payout p
                 where p.host_id = a.host_id and p.currency = a.currency and p.day = $4), 0) as attempts
from payout_account a
join ledger_balance b on b.account = 'host_payable' and b.owner = a.host_id::text and b.currency = a.currency
where a.host_id = $1 and a.currency = $2 and a.usable_from <= $3
  and not exists (select from payout_hold h where h.host_id = a.host_id and h.booking_id is null)
for update of b;

-- name: insert_payout
-- Nothing when the batch has one. With its items, which are paid out from now on.
with made as (
    insert into payout (id, host_id, currency, amount, provider, destination, day, attempt, status, created_at, updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9, $9)
    on conflict on constraint payout_once do nothing
    returning *
), items as (
    insert into payout_item (payout_id, booking_id, amount)
    select made.id, item.booking_id, item.amount
    from made, unnest($10::uuid[], $11::bigint[]) item (booking_id, amount)
    returning booking_id, amount
), counted as (
    update host_earning e set paid_out = e.paid_out + items.amount from items where e.booking_id = items.booking_id
)
select * from made;

-- name: lock_payout
select * from payout where id = $1 for update;

-- name: payout_is_disputed
-- Whether one of its bookings is, each of which stays as it is until the transaction ends.
with locked as (
    select e.disputed from payout_item i join host_earning e on e.booking_id = i.booking_id
    where i.payout_id = $1 order by i.booking_id for share of e
)
select coalesce(bool_or(disputed), false) from locked;

-- name: keep_destination
-- Its destination, if it still is the host's, stays so until the transaction ends. Whoever holds money waits, too.
select true from payout p join payout_account a using (host_id, currency, provider, destination) where p.id = $1
for share of a;

-- name: payout_is_held
select exists (
    select from payout p join payout_hold h using (host_id)
    where p.id = $1
      and (h.booking_id is null
           or exists (select from payout_item i where i.payout_id = p.id and i.booking_id = h.booking_id)));

-- name: payout_is_asked
update payout set asked_at = $2 where id = $1;

-- name: payout_is_named
update payout set provider_reference = $2 where id = $1;

-- name: end_payout
-- What has failed is in no payout any more.
with ended as (
    update payout set status = $2, provider_reference = coalesce($3, provider_reference), failure_reason = $4, updated_at = $5
    where id = $1 returning id, status
)
update host_earning e set paid_out = e.paid_out - i.amount
from ended join payout_item i on i.payout_id = ended.id
where ended.status = 'failed' and e.booking_id = i.booking_id;

-- name: tell_payout
insert into outbox_event (kind, subject_id, payload, at)
select 'payout.' || status, id,
       jsonb_build_object('host_id', host_id, 'status', status, 'currency', currency, 'amount', amount), $2
from payout where id = $1;

-- name: find_payout
select * from payout where id = $1;

-- name: payouts
-- Newest first; a filter that is null does not filter.
select * from payout
where ($1::uuid is null or id < $1) and ($2::text[] is null or status = any ($2)) and ($3::uuid is null or host_id = $3)
order by id desc limit $4;

-- name: payouts_before
-- The page before: oldest first, to be turned around.
select * from payout
where id > $1 and ($2::text[] is null or status = any ($2)) and ($3::uuid is null or host_id = $3)
order by id limit $4;

-- name: statement_balances
-- When the period begins, before the page (after entry $5), and when the period ends.
select $2::char(3) as currency,
       coalesce(-sum(e.amount) filter (where j.at < $3), 0)::bigint as opening,
       coalesce(-sum(e.amount) filter (where j.at < $3 or e.id <= $5), 0)::bigint as before,
       coalesce(-sum(e.amount), 0)::bigint as closing
from ledger_entry e join ledger_journal j on j.id = e.journal_id
where e.account = 'host_payable' and e.owner = $1::uuid::text and j.currency = $2::char(3) and j.at < $4;

-- name: statement_lines
select e.id, j.at, j.booking_id, j.payout_id, j.adjustment_id, j.currency, -e.amount as amount,
       case j.kind when 'capture' then 'booking' when 'refund_decided' then 'refund' when 'payout_begun' then 'payout'
                   when 'payout_failed' then 'payout_returned' when 'dispute_lost' then 'dispute'
                   else j.kind end as kind
from ledger_entry e join ledger_journal j on j.id = e.journal_id
where e.account = 'host_payable' and e.owner = $1::uuid::text and j.currency = $2 and j.at >= $3 and j.at < $4 and e.id > $5
order by e.id limit $6;
