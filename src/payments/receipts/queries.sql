-- Receipts. `now` always comes from the caller's clock.

-- name: issue_receipts
-- Of a booking ($2) that the caller has locked: whatever came and paid for something and whatever goes back of that, as
-- far as it has none, under the next numbers of the year ($1). Nobody else can take one until the transaction ends.
with missing as (
    select p.id as payment_id, null::uuid as refund_id, p.currency, p.captured as amount
    from payment p
    where p.booking_id = $2 and p.applied and p.captured > 0
      and not exists (select from receipt r where r.payment_id = p.id and r.refund_id is null)
    union all
    select p.id, f.id, f.currency, f.amount
    from payment p join refund f on f.payment_id = p.id
    where p.booking_id = $2 and p.applied and f.repeats is null
      and not exists (select from receipt r where r.payment_id = p.id and r.refund_id = f.id)
), ordered as (
    select *, row_number() over (order by refund_id nulls first, payment_id)::int as place, count(*) over ()::int as n
    from missing
), taken as (
    insert into receipt_year (year, last) select $1, n from ordered where place = 1
    on conflict (year) do update set last = receipt_year.last + excluded.last
    returning year, last
)
insert into receipt (year, sequence, booking_id, payment_id, refund_id, currency, amount, issuer, guest_name, host_name,
                     issued_at)
select taken.year, taken.last - o.n + o.place, b.id, o.payment_id, o.refund_id, o.currency, o.amount, $3, g.display_name,
       h.display_name, $4
from taken, ordered o, booking b join app_user g on g.id = b.guest_id join app_user h on h.id = b.host_id
where b.id = $2;

-- name: bookings_without_numbers
-- Those of which the release before this one has taken a payment or decided a refund.
select distinct p.booking_id
from payment p left join refund f on f.payment_id = p.id and f.repeats is null
where p.applied and p.captured > 0
  and (not exists (select from receipt r where r.payment_id = p.id and r.refund_id is null)
       or f.id is not null and not exists (select from receipt r where r.payment_id = p.id and r.refund_id = f.id))
limit $1;

-- name: stay_on_receipt
-- What their receipts say of bookings beside their prices, for $2 to read. Names are those of the first that was issued.
select b.id as whose, p.title as property, p.city, p.country, b.time_zone, r.issuer, reader.locale,
       coalesce(r.guest_name, g.display_name) as guest, coalesce(r.host_name, h.display_name) as host
from booking b
join property p on p.id = b.property_id
join app_user g on g.id = b.guest_id
join app_user h on h.id = b.host_id
join app_user reader on reader.id = $2
left join lateral (select * from receipt where booking_id = b.id order by year, sequence limit 1) r on true
where b.id = any ((select $1::uuid[])::uuid[]);

-- name: receipts_of_bookings
-- A refund that was asked for again stands where the last of its repetitions does; one that a bank has paid in part, where
-- its rest does.
select r.booking_id as whose, case when r.refund_id is null then 'payment' else 'credit_note' end as kind,
       receipt_number(r.year, r.sequence) as number, r.issued_at, r.currency, r.amount, p.method, f.cause,
       coalesce(f.reason, '') as reason,
       (select status from refund l
        where l.payment_id = f.payment_id and coalesce(l.repeats, l.id) = f.id and l.replaced_by is null
        order by l.status = 'succeeded', l.id desc limit 1) as refund_status
from receipt r join payment p on p.id = r.payment_id left join refund f on f.id = r.refund_id
where r.booking_id = any ((select $1::uuid[])::uuid[])
order by r.year, r.sequence;
