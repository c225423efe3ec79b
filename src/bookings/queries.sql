-- Quotes, bookings and occupied nights. `now` always comes from the caller's clock.

-- name: asked_property
-- What a quote needs of a property, and whether somebody has any of the nights.
select id as property_id, host_id, status as property_status, coalesce(time_zone, 'UTC') as time_zone, capacity,
       min_nights, max_nights, advance_notice_days, same_day_cutoff_hour, preparation_nights, booking_window_days,
       closed_to_arrival, closed_to_departure, check_in_time, check_out_time, booking_mode, payment_mode,
       request_holds, cancellation_policy,
       (select terms from cancellation_policy c
        where c.id = property.cancellation_policy_id or (c.host_id is null and c.code = property.cancellation_policy))
           as cancellation_terms,
       currency, nightly_price, coalesce(cleaning_fee, 0) as cleaning_fee,
       tax_basis_points as tax_bp, rules_version, case when has_rules then rules_between(id, $2, $3) end as special,
       exists (select from stay_block
               where property_id = $1 and blocked && daterange($2, $3::date + preparation_nights)
                 and (expires_at is null or expires_at > $4)) as taken
from property
where id = $1 and status <> 'deleted';

-- name: insert_quote
insert into quote (id, property_id, guest_id, check_in, check_out, guests, child_ages, currency, lines, accommodation,
                   guest_fee, tax, total, host_payout, guest_fee_bp, rules_version, expires_at, created_at,
                   cancellation_terms, alters)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20);

-- name: find_quote
select * from quote where id = $1 and guest_id = $2 and alters is null;

-- name: quote_for_booking
-- The quote and what the property asks now. The shared lock keeps the host from changing or deleting the property
-- until we are done, and lets bookers of one property work side by side: with an exclusive one, 64 clients on one
-- property got half as much done. One range per transaction, inserted with `on conflict`, does not deadlock. After a
-- wait for the host the rules by date are still read as they were before, but then the version has changed; where the
-- host has chosen other terms, nothing is found, because the terms too are read as before.
-- The guest's row is shared as well, so that nobody who is closing the account gets a booking meanwhile; referring to it
-- would lock it anyway. After the property's, as those who publish reviews do.
select q.id as quote_id, q.check_in, q.check_out, q.guests, q.expires_at,
       p.id as property_id, p.host_id, p.status as property_status, coalesce(p.time_zone, 'UTC') as time_zone,
       p.capacity, p.min_nights, p.max_nights, p.advance_notice_days, p.same_day_cutoff_hour, p.preparation_nights,
       p.booking_window_days, p.closed_to_arrival, p.closed_to_departure, p.check_in_time, p.check_out_time,
       p.booking_mode, p.payment_mode, p.request_holds, p.cancellation_policy, c.terms as cancellation_terms,
       case when p.has_rules then rules_between(p.id, q.check_in, q.check_out) end as special,
       (q.rules_version, q.guest_fee_bp) = (p.rules_version, $3::int) as price_unchanged,
       q.cancellation_terms = c.terms as terms_unchanged, q.total > 0 as costs
from quote q join property p on p.id = q.property_id
     join cancellation_policy c
         on c.id = p.cancellation_policy_id or (c.host_id is null and c.code = p.cancellation_policy)
     join app_user g on g.id = q.guest_id and g.deactivated_at is null
where q.id = $1 and q.guest_id = $2 and q.alters is null
for share of p, g;

-- name: lock_holds_of_guest
-- Those who ask for a hold take turns, guest by guest, so that counting them is exact.
select pg_advisory_xact_lock(22, hashtext($1::uuid::text));

-- name: count_holds_of_guest
select count(*) from booking
where guest_id = $1 and status in ('hold', 'awaiting_payment', 'requested') and due_at > $2;

-- name: lock_holds_at_property
select pg_advisory_xact_lock(24, hashtext($1::uuid::text));

-- name: count_holds_at_property
select count(*) from stay_block where property_id = $1 and expires_at > $2;

-- name: free_expired_holds
-- Whether holds had run out here, and whether others still have one of the nights: a hold may have been tidied away by
-- somebody else a moment ago.
with gone as (
    delete from stay_block where property_id = $1 and blocked && daterange($2, $3) and expires_at <= $4 returning id
)
select exists (select from gone) as freed,
       exists (select from stay_block where property_id = $1 and blocked && daterange($2, $3)
                   and (expires_at is null or expires_at > $4)) as taken;

-- name: close_for_feeds
-- Nights under a hold that has run out may be closed by another platform's calendar.
select settle_feeds($1, $2);

-- name: insert_booking
-- Nothing at all when the nights are taken. The amounts are the quote's. A request that keeps no nights ($19 false)
-- needs them free all the same.
with taken as (
    insert into stay_block (id, property_id, blocked, kind, booking_id, expires_at, created_at)
    select $3, $4, daterange($5, $6), $7, $1, $8, $9 where $19
    on conflict on constraint stay_block_no_overlap do nothing
    returning property_id
), granted as (
    select from taken
    union all
    select where not $19 and not exists (
        select from stay_block
        where property_id = $4 and blocked && daterange($5, $6) and (expires_at is null or expires_at > $9))
), booked as (
    insert into booking (id, property_id, guest_id, host_id, quote_id, status, check_in, check_out, guests, child_ages,
                         message, currency, lines, accommodation, guest_fee, tax, total, host_payout,
                         cancellation_policy, starts_at, ends_at, due_at, created_at, updated_at, cancellation_terms,
                         time_zone, check_in_time, payment_mode)
    select $1, q.property_id, q.guest_id, $10, q.id, $11, q.check_in, q.check_out, q.guests, q.child_ages,
           $12, q.currency, q.lines, q.accommodation, q.guest_fee, q.tax, q.total, q.host_payout, $13, $14, $15, $16,
           $9, $9, q.cancellation_terms, $17, $18, $20
    from granted join quote q on q.id = $2
    returning *
), noted as (
    insert into booking_history (booking_id, to_status, actor_id, actor, at)
    select id, status, guest_id, 'guest', $9 from booked
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'booking.created', id,
           jsonb_build_object('property_id', property_id, 'guest_id', guest_id, 'host_id', host_id, 'status', status), $9
    from booked
)
select * from booked;

-- name: find_bookings
-- For their guest, their host, or an admin ($3); nothing for anybody else.
select * from booking where id = any ((select $1::uuid[])::uuid[]) and (guest_id = $2 or host_id = $2 or $3);

-- name: lock_booking
-- For its guest, its host, or an admin ($3), who are about to move or change it or to answer for it: they take turns, and
-- what a refund is computed from is what the booking still is when it moves.
select * from booking where id = $1 and (guest_id = $2 or host_id = $2 or $3) for no key update;

-- name: move_booking
-- Compare and swap: nothing unless the booking is still in status $2, and time has not ended what it waits for, or
-- the stay, without the sweeper having come by. With its line of history and its event.
with moved as (
    update booking set status = $3, due_at = $4, version = version + 1, updated_at = $5, refund = coalesce($9, refund)
    where id = $1 and status = $2
      and case when status in ('hold', 'awaiting_payment', 'requested') then due_at else ends_at end > $5
    returning *
), noted as (
    insert into booking_history (booking_id, from_status, to_status, actor_id, actor, reason, at)
    select id, $2, $3, $6, $7, $8, $5 from moved
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'booking.' || status, id,
           jsonb_build_object('property_id', property_id, 'guest_id', guest_id, 'host_id', host_id,
                              'from', $2::text, 'status', status)
           || case when refund is null then '{}' else jsonb_build_object('refund', refund) end, $5
    from moved
)
select * from moved;

-- name: booking_to_pay
-- With the change that may have made more due.
select b.*,
       (select a.id from booking_alteration a where a.booking_id = b.id and a.status = 'accepted'
        order by a.updated_at desc, a.id desc limit 1) as alteration_id
from booking b
where b.id = $1
for no key update;

-- name: keep_to_honour
-- Those who have to keep to the booking stay as they are until the transaction ends. Nothing when one of them has gone.
select true
from booking b
join property p on p.id = b.property_id and p.status <> 'deleted'
join app_user g on g.id = b.guest_id and g.deactivated_at is null
join app_user h on h.id = b.host_id and h.deactivated_at is null
where b.id = $1
for share of p, g, h;

-- name: confirm_paid
-- Compare and swap: the money is there. In time, though check-in may be past where one books on the day; or late, before
-- the stay begins. With its line of history and its event.
with moved as (
    update booking set status = 'confirmed', due_at = starts_at, version = version + 1, updated_at = $3
    where id = $1 and status = $2 and (starts_at > $3 or due_at > $3)
    returning *
), noted as (
    insert into booking_history (booking_id, from_status, to_status, actor, at)
    select id, $2, status, 'system', $3 from moved
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'booking.' || status, id,
           jsonb_build_object('property_id', property_id, 'guest_id', guest_id, 'host_id', host_id,
                              'from', $2::text, 'status', status), $3
    from moved
)
select true from moved;

-- name: add_paid
update booking set paid = paid + $2, version = version + 1, updated_at = $3 where id = $1;

-- name: set_disputed
update booking set disputed = $2, version = version + 1, updated_at = $3 where id = $1 and disputed <> $2;

-- name: keep_nights
-- Turns a hold into a stay that occupies its nights for good ($2 null) or until another moment.
update stay_block set kind = case when $2::timestamptz is null then 'booking' else 'hold' end, expires_at = $2
where booking_id = $1;

-- name: take_nights
-- For a request that kept none: nothing when somebody else has them by now.
insert into stay_block (id, property_id, blocked, kind, booking_id, expires_at, created_at)
select $2, b.property_id, daterange(b.check_in, b.check_out + p.preparation_nights),
       case when $3::timestamptz is null then 'booking' else 'hold' end, b.id, $3, $4
from booking b join property p on p.id = b.property_id
where b.id = $1
on conflict on constraint stay_block_no_overlap do nothing;

-- name: free_nights
delete from stay_block where booking_id = $1;

-- name: shorten_nights
-- Frees what lies after the new end; nights of preparation move with it.
update stay_block b
set blocked = daterange(lower(b.blocked), least(upper(b.blocked), $2::date + (upper(b.blocked) - k.check_out)))
from booking k
where b.booking_id = $1 and k.id = $1;

-- name: move_due
-- The passing of time, a batch at once: what is due in the statuses $3 goes on to the status beside it in $4.
-- Several processes may sweep at once; each takes what the others have not locked.
with due as (
    select id, status from booking where due_at <= $1 order by due_at limit $2 for update skip locked
), moved as (
    update booking b
    set status = step.after, due_at = case step.after when 'in_stay' then b.ends_at end,
        version = b.version + 1, updated_at = $1
    from due join unnest($3::text[], $4::text[]) step(before, after) on step.before = due.status
    where b.id = due.id
    returning b.*, step.before
), freed as (
    delete from stay_block using moved where booking_id = moved.id and moved.status = 'expired'
), noted as (
    insert into booking_history (booking_id, from_status, to_status, actor, at)
    select id, before, status, 'system', $1 from moved
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'booking.' || status, id,
           jsonb_build_object('property_id', property_id, 'guest_id', guest_id, 'host_id', host_id,
                              'from', before, 'status', status), $1
    from moved
)
select count(*) from moved;

-- name: forget_old_quotes
delete from quote where id in (
    select id from quote where expires_at < $1 order by expires_at limit $2 for update skip locked);

-- name: bookings_of_guest
-- Newest first. Filters that are null do not filter; $5 and $6 bound the nights.
select * from booking
where guest_id = $1 and ($2::uuid is null or id < $2)
  and ($3::text[] is null or status = any ($3)) and ($4::uuid is null or property_id = $4)
  and ($5::date is null or check_out > $5) and ($6::date is null or check_in < $6)
order by id desc limit $7;

-- name: bookings_of_guest_before
-- The page before: oldest first, to be turned around.
select * from booking
where guest_id = $1 and id > $2
  and ($3::text[] is null or status = any ($3)) and ($4::uuid is null or property_id = $4)
  and ($5::date is null or check_out > $5) and ($6::date is null or check_in < $6)
order by id limit $7;

-- name: bookings_of_host
select * from booking
where host_id = $1 and ($2::uuid is null or id < $2)
  and ($3::text[] is null or status = any ($3)) and ($4::uuid is null or property_id = $4)
  and ($5::date is null or check_out > $5) and ($6::date is null or check_in < $6)
order by id desc limit $7;

-- name: bookings_of_host_before
select * from booking
where host_id = $1 and id > $2
  and ($3::text[] is null or status = any ($3)) and ($4::uuid is null or property_id = $4)
  and ($5::date is null or check_out > $5) and ($6::date is null or check_in < $6)
order by id limit $7;

-- name: count_bookings
select count(*) from booking
where case $1 when 'host' then host_id = $2 else guest_id = $2 end
  and ($3::text[] is null or status = any ($3)) and ($4::uuid is null or property_id = $4)
  and ($5::date is null or check_out > $5) and ($6::date is null or check_in < $6);

-- name: booking_history
select booking_id as whose, from_status, to_status, actor, reason, at, alteration_id from booking_history
where booking_id = any ((select $1::uuid[])::uuid[]) order by id;

-- name: property_has_live_bookings
-- Stays by way of their nights, since only what waits is indexed by property.
select exists (
    select from stay_block s join booking b on b.id = s.booking_id
    where s.property_id = $1 and b.status in ('confirmed', 'in_stay'))
or exists (
    select from booking
    where property_id = $1 and status in ('hold', 'awaiting_payment', 'requested') and due_at > $2);

-- name: user_has_live_bookings
select exists (
    select from booking
    where (guest_id = $1 or host_id = $1) and (status in ('confirmed', 'in_stay')
        or (status in ('hold', 'awaiting_payment', 'requested') and due_at > $2)));

-- name: hold_property
-- As bookers do: the host neither changes it nor closes nights until we are done.
select id from property where id = $1 for share;

-- name: taken_by_others
select exists (
    select from stay_block
    where property_id = $1 and blocked && daterange($2, $3) and booking_id is distinct from $4
      and (expires_at is null or expires_at > $5));

-- name: insert_alteration
with made as (
    insert into booking_alteration (id, booking_id, status, proposed_by, proposer_id, reason, quote_id, from_check_in,
                                    from_check_out, from_guests, from_child_ages, check_in, check_out, guests,
                                    child_ages, currency, from_total, total, from_price, price, expires_at, created_at,
                                    updated_at)
    select $1, b.id, 'open', $3, $4, $5, q.id, b.check_in, b.check_out, b.guests, b.child_ages, q.check_in, q.check_out,
           q.guests, q.child_ages, b.currency, b.total, q.total, $7, $8, $9, $10, $10
    from booking b, quote q
    where b.id = $2 and q.id = $6
    returning *
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'booking.alteration_proposed', b.id,
           jsonb_build_object('property_id', b.property_id, 'guest_id', b.guest_id, 'host_id', b.host_id,
                              'alteration_id', a.id, 'proposed_by', a.proposed_by), $10
    from made a join booking b on b.id = a.booking_id
)
select * from made;

-- name: alterations_of
select * from booking_alteration where booking_id = any ((select $1::uuid[])::uuid[]) order by id desc;

-- name: find_alteration
select * from booking_alteration where id = $1 and booking_id = $2;

-- name: end_alteration
-- Declined or cancelled, while it could still be answered.
with ended as (
    update booking_alteration set status = $2, answered_by = $3, answer = $4, updated_at = $5
    where id = $1 and status = 'open' and expires_at > $5
    returning *
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'booking.alteration_' || a.status, b.id,
           jsonb_build_object('property_id', b.property_id, 'guest_id', b.guest_id, 'host_id', b.host_id,
                              'alteration_id', a.id, 'proposed_by', a.proposed_by), $5
    from ended a join booking b on b.id = a.booking_id
)
select * from ended;

-- name: lock_open_alteration
-- Waits for whoever lets it expire at this moment.
select id from booking_alteration where booking_id = $1 and status = 'open' for update;

-- name: expire_alterations
-- Those of one booking ($3), or of all: a batch of what nobody answered in time. Several processes may do so at once.
with due as (
    select id from booking_alteration
    where status = 'open' and expires_at <= $1 and ($3::uuid is null or booking_id = $3)
    order by expires_at limit $2 for update skip locked
), ended as (
    update booking_alteration a set status = 'expired', updated_at = $1 from due where a.id = due.id returning a.*
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'booking.alteration_expired', b.id,
           jsonb_build_object('property_id', b.property_id, 'guest_id', b.guest_id, 'host_id', b.host_id,
                              'alteration_id', a.id, 'proposed_by', a.proposed_by), $1
    from ended a join booking b on b.id = a.booking_id
)
select count(*) from ended;

-- name: drop_alteration
-- The booking ended; so does what was proposed for it.
with ended as (
    update booking_alteration set status = 'cancelled', updated_at = $2 where booking_id = $1 and status = 'open'
    returning *
)
insert into outbox_event (kind, subject_id, payload, at)
select 'booking.alteration_cancelled', b.id,
       jsonb_build_object('property_id', b.property_id, 'guest_id', b.guest_id, 'host_id', b.host_id,
                          'alteration_id', a.id, 'proposed_by', a.proposed_by), $2
from ended a join booking b on b.id = a.booking_id;

-- name: move_nights
-- Violates stay_block_no_overlap when somebody has one of the new nights.
update stay_block set blocked = daterange($2, $3) where booking_id = $1;

-- name: alter_booking
-- Takes what was proposed, with its line of history and its event. Nothing unless the proposal is open and the booking
-- still a stay.
with accepted as (
    update booking_alteration set status = 'accepted', answered_by = $3, updated_at = $4
    where id = $1 and status = 'open' and expires_at > $4
    returning *
), altered as (
    update booking b
    set check_in = q.check_in, check_out = q.check_out, guests = q.guests, child_ages = q.child_ages,
        quote_id = q.id, lines = q.lines, accommodation = q.accommodation, guest_fee = q.guest_fee, tax = q.tax,
        total = q.total, host_payout = q.host_payout, starts_at = $5, ends_at = $6, due_at = $7, time_zone = $8,
        check_in_time = $9, version = b.version + 1, updated_at = $4
    from accepted a join quote q on q.id = a.quote_id
    where b.id = a.booking_id and b.status in ('confirmed', 'in_stay')
    returning b.*
), noted as (
    insert into booking_history (booking_id, from_status, to_status, actor_id, actor, reason, at, alteration_id)
    select b.id, b.status, b.status, $2, $3, a.reason, $4, a.id from altered b, accepted a
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'booking.altered', b.id,
           jsonb_build_object('property_id', b.property_id, 'guest_id', b.guest_id, 'host_id', b.host_id,
                              'status', b.status, 'alteration_id', a.id, 'currency', b.currency,
                              'from_total', a.from_total, 'total', a.total,
                              'refund_due', greatest(b.paid - b.total, 0)), $4
    from altered b, accepted a
)
select accepted.* from accepted, altered;
