-- Free nights, closing them, and rules by date. `now` always comes from the caller's clock.

-- name: free_expired_holds
delete from stay_block where property_id = $1 and blocked && daterange($2, $3) and expires_at <= $4;

-- name: taken_between
-- Occupied nights of properties that meet the window of each, in order.
select s.property_id as whose, lower(blocked) as "from", upper(blocked) as "to"
from unnest($1::uuid[], $2::date[], $3::date[]) w(property_id, first, last)
     join stay_block s on s.property_id = w.property_id and s.blocked && daterange(w.first, w.last)
where s.expires_at is null or s.expires_at > $4
order by lower(blocked);

-- name: owners
select id, host_id, status, coalesce(time_zone, 'UTC') as time_zone, currency, rules_version from property
where id = any ((select $1::uuid[])::uuid[]) and status <> 'deleted';

-- name: lock_owner
-- Closing nights and changing rules rewrite several rows, so they take the property for themselves; bookers wait.
select id, host_id, status, coalesce(time_zone, 'UTC') as time_zone, currency, rules_version from property
where id = $1 and status <> 'deleted' for no key update;

-- name: closed_after
-- Those no stay has and that end after a day, from a place in their order on; so many of each property.
select b.* from unnest((select $1::uuid[]), (select $2::date[])) w(property_id, today) cross join lateral (
    select property_id as whose, id, (lower(blocked) - date '1970-01-01')::bigint as key, kind,
           lower(blocked) as "from", upper(blocked) as "to", created_at
    from stay_block s
    where s.property_id = w.property_id and kind in ('host', 'imported', 'feed') and upper(blocked) > w.today
        and ($3::bigint is null or (lower(blocked) - date '1970-01-01', id) > ($3, $4::uuid))
    order by lower(blocked), id limit $5) b;

-- name: closed_before
select b.* from unnest((select $1::uuid[]), (select $2::date[])) w(property_id, today) cross join lateral (
    select property_id as whose, id, (lower(blocked) - date '1970-01-01')::bigint as key, kind,
           lower(blocked) as "from", upper(blocked) as "to", created_at
    from stay_block s
    where s.property_id = w.property_id and kind in ('host', 'imported', 'feed') and upper(blocked) > w.today
        and (lower(blocked) - date '1970-01-01', id) < ($3::bigint, $4::uuid)
    order by lower(blocked) desc, id desc limit $5) b;

-- name: absorb_host_blocks
-- Takes away what the host had closed within, around or right beside the nights, and says how far it all reaches.
with gone as (
    delete from stay_block
    where property_id = $1 and kind = 'host' and blocked && daterange($2::date - 1, $3::date + 1)
    returning blocked
)
select least(min(lower(blocked)), $2) as "from", greatest(max(upper(blocked)), $3) as "to" from gone;

-- name: cut_imported_blocks
-- The host's word replaces an import's or a feed's within the nights; outside of them it stands.
with gone as (
    delete from stay_block where property_id = $1 and kind in ('imported', 'feed') and blocked && daterange($2, $3)
    returning blocked, kind
)
insert into stay_block (id, property_id, blocked, kind, created_at)
select gen_random_uuid(), $1, rest, kind, $4
from gone, unnest(datemultirange(blocked) - datemultirange(daterange($2, $3))) rest;

-- name: insert_host_block
insert into stay_block (id, property_id, blocked, kind, created_at) values ($1, $2, daterange($3, $4), 'host', $5)
on conflict on constraint stay_block_no_overlap do nothing;

-- name: open_nights
delete from stay_block where id = $1 and property_id = $2 and kind in ('host', 'imported');

-- name: is_of_feed
select exists (select from stay_block where id = $1 and property_id = $2 and kind = 'feed');

-- name: reopen_nights
-- Whatever was closed by hand or import within the nights; outside of them it stands.
with gone as (
    delete from stay_block where property_id = $1 and kind in ('host', 'imported') and blocked && daterange($2, $3)
    returning kind, blocked
)
insert into stay_block (id, property_id, blocked, kind, created_at)
select gen_random_uuid(), $1, rest, kind, $4
from gone, unnest(datemultirange(blocked) - datemultirange(daterange($2, $3))) rest;

-- name: houses
-- What the days of the window of each property cost and who may come.
select p.id, host_id, status, coalesce(time_zone, 'UTC') as time_zone, currency, nightly_price,
       coalesce(cleaning_fee, 0) as cleaning_fee, tax_basis_points, rules_version, min_nights, max_nights,
       advance_notice_days, same_day_cutoff_hour, preparation_nights, booking_window_days, closed_to_arrival,
       closed_to_departure, check_in_time, booking_mode,
       case when has_rules then rules_between(p.id, w.first, w.last) end as special
from unnest((select $1::uuid[]), (select $2::date[]), (select $3::date[])) w(property_id, first, last)
     join property p on p.id = w.property_id
where status <> 'deleted';

-- name: taken_and_why
-- Occupied nights of properties that meet the window of each, in order; what lies behind a check-out is preparation.
-- Whatever is neither a stay's nor closed by hand came from another calendar.
select s.property_id as whose, case when s.kind in ('hold', 'booking', 'host') then s.kind else 'imported' end as kind,
       lower(blocked) as "from", least(upper(blocked), coalesce(b.check_out, upper(blocked))) as until,
       upper(blocked) as "to", s.booking_id
from unnest((select $1::uuid[]), (select $2::date[]), (select $3::date[])) w(property_id, first, last)
     join stay_block s on s.property_id = w.property_id and s.blocked && daterange(w.first, w.last)
     left join booking b on b.id = s.booking_id
where s.expires_at is null or s.expires_at > $4
order by lower(blocked);

-- name: edit_days
-- What each edit says stands in a parameter, and behind it whether it says anything.
insert into property_day as d
    (property_id, day, price, min_nights, max_nights, closed_to_arrival, closed_to_departure)
select $1, $2::date + n, $5, $7, $9, $11, $13
from generate_series(0, $3::date - $2::date - 1) n where extract(isodow from $2::date + n) = any ($4::int[])
on conflict (property_id, day) do update set
    price = case when $6 then excluded.price else d.price end,
    min_nights = case when $8 then excluded.min_nights else d.min_nights end,
    max_nights = case when $10 then excluded.max_nights else d.max_nights end,
    closed_to_arrival = case when $12 then excluded.closed_to_arrival else d.closed_to_arrival end,
    closed_to_departure = case when $14 then excluded.closed_to_departure else d.closed_to_departure end;

-- name: forget_silent_days
delete from property_day
where property_id = $1
  and num_nonnulls(price, min_nights, max_nights, closed_to_arrival, closed_to_departure) = 0;

-- name: forget_past_days
-- Quotes and bookings keep their own lines. A stay that is not over may still be changed, at the prices of all its days.
delete from property_day where (property_id, day) in (
    select property_id, day from property_day d
    where day < $1 and not exists (
        select from stay_block s join booking b on b.id = s.booking_id
        where s.property_id = d.property_id and s.blocked @> d.day and b.status in ('confirmed', 'in_stay'))
    limit $2 for update of d skip locked);

-- name: set_pricing
insert into property_rules (property_id, pricing) values ($1, $2)
on conflict (property_id) do update set pricing = excluded.pricing;

-- name: count_rule_change
with kept as (insert into property_rules (property_id) values ($1) on conflict do nothing)
update property set has_rules = true, rules_version = rules_version + 1 where id = $1 returning rules_version;

-- name: seasons_of
select s.property_id as whose, s.id, s.name, lower(during) as "from", upper(during) as "to", p.currency, s.price,
       s.min_nights, s.max_nights, s.closed_to_arrival, s.closed_to_departure
from property_season s join property p on p.id = s.property_id
where s.property_id = any ((select $1::uuid[])::uuid[]) order by during;

-- name: insert_season
insert into property_season
    (id, property_id, name, during, price, min_nights, max_nights, closed_to_arrival, closed_to_departure)
values ($1, $2, $3, daterange($4, $5), $6, $7, $8, $9, $10);

-- name: update_season
update property_season set name = $3, during = daterange($4, $5), price = $6, min_nights = $7, max_nights = $8,
    closed_to_arrival = $9, closed_to_departure = $10
where id = $1 and property_id = $2;

-- name: delete_season
delete from property_season where id = $1 and property_id = $2;
