-- Calendars of other platforms, and ours for them. `now` always comes from the caller's clock.

-- name: properties_of_host
select id, host_id, status, coalesce(time_zone, 'UTC') as time_zone from property
where id = any ((select $1::uuid[])::uuid[]) and status <> 'deleted';

-- name: property_to_feed
-- What its feeds close is rewritten: bookers wait, as they do when the host closes nights.
select id, host_id, status, coalesce(time_zone, 'UTC') as time_zone from property
where id = $1 and status <> 'deleted' for no key update;

-- name: lock_property_of_feed
-- As above, by the feed. Nothing for those whose property it is not ($3: an admin).
select id from property
where id = (select property_id from feed where id = $1) and status <> 'deleted' and (host_id = $2 or $3)
for no key update;

-- name: count_feeds
select count(*) from feed where property_id = $1;

-- name: has_feed
select exists (select from feed where property_id = $1 and url = $2 and id <> $3);

-- name: insert_feed
insert into feed (id, property_id, name, url, next_fetch_at, created_at, updated_at) values ($1, $2, $3, $4, $5, $5, $5);

-- name: feeds_of_properties
select f.property_id as whose, f.*,
       (select coalesce(sum(upper(nights) - lower(nights)), 0)::int from feed_block where feed_id = f.id) as nights
from feed f where f.property_id = any ((select $1::uuid[])::uuid[]) order by f.id;

-- name: find_feeds
-- For the host of the property, or an admin ($3).
select f.*, (select coalesce(sum(upper(nights) - lower(nights)), 0)::int from feed_block where feed_id = f.id) as nights
from feed f join property p on p.id = f.property_id
where f.id = any ($1) and p.status <> 'deleted' and (p.host_id = $2 or $3);

-- name: rename_feed
update feed set name = $2, updated_at = $3 where id = $1;

-- name: readdress_feed
-- Another calendar: what it says replaces what the old one said, once it has said something.
update feed set url = $2, version = version + 1, etag = '', last_modified = '', failures = 0, empty_since = null,
                last_outcome = null, last_status = null, next_fetch_at = $3, updated_at = $3
where id = $1;

-- name: ask_for_feed
-- Nothing when somebody asked after $3.
update feed set asked_at = $2, next_fetch_at = $2 where id = $1 and (asked_at is null or asked_at <= $3);

-- name: delete_feed
delete from feed where id = $1;

-- name: nights_of_feeds
select feed_id as whose, lower(nights) as "from", upper(nights) as "to" from feed_block where feed_id = any ((select $1::uuid[])::uuid[])
order by nights;

-- name: history_of_feeds
select h.* from unnest((select $1::uuid[])) feed cross join lateral (
    select feed_id as whose, at, outcome, status, bytes, events, added, removed from feed_fetch
    where feed_id = feed order by id desc limit 100) h;

-- name: open_conflicts
select o.* from unnest($1::uuid[]) property cross join lateral (
    select c.property_id as whose, c.feed_id, f.name as feed_name, c.booking_id, lower(c.nights) as "from",
           upper(c.nights) as "to", c.likely_echo, c.found_at
    from feed_conflict c join feed f on f.id = c.feed_id
    where c.property_id = property and c.resolved_at is null
    order by c.nights, c.feed_id, c.booking_id limit 500) o;

-- name: take_due_feeds
-- Those due before $1. Pushed on to $2 at once, so that nobody else takes them; the fetch says when the next one is.
with due as (
    select f.id from feed f join property p on p.id = f.property_id and p.status <> 'deleted'
    where f.next_fetch_at <= $1 order by f.next_fetch_at limit $3 for update of f skip locked
)
update feed set next_fetch_at = $2 from due where feed.id = due.id returning feed.id;

-- name: feed_to_fetch
select f.id, f.property_id, f.url, f.version, f.etag, f.last_modified, coalesce(p.time_zone, 'UTC') as time_zone
from feed f join property p on p.id = f.property_id
where f.id = $1 and p.status <> 'deleted';

-- name: feed_to_apply
-- As it is now, if nobody was faster: still version $2.
select failures, empty_since, exists (select from feed_block where feed_id = $1 and upper(nights) > $3) as closes
from feed where id = $1 and version = $2 for update;

-- name: fresh_closures
-- Those of the given ranges of which the feed closed no night until now.
select a as "from", b as "to" from unnest($2::date[], $3::date[]) given(a, b)
where not exists (select from feed_block where feed_id = $1 and nights && daterange(a, b));

-- name: replace_blocks
-- Ranges that stay as they are are not touched. Counts nights.
with old as (
    select coalesce(range_agg(nights), '{}') as n from feed_block where feed_id = $1
), new as (
    select coalesce(range_agg(daterange(a, b)), '{}') as n from unnest($3::date[], $4::date[]) given(a, b)
), gone as (
    delete from feed_block f where feed_id = $1
        and not exists (select from new cross join lateral unnest(new.n) r where r = f.nights)
), made as (
    insert into feed_block (feed_id, property_id, nights)
    select $1, $2, r from new cross join lateral unnest(new.n) r
    on conflict do nothing
)
select (select coalesce(sum(upper(r) - lower(r)), 0)::int from old, new, unnest(new.n - old.n) r) as added,
       (select coalesce(sum(upper(r) - lower(r)), 0)::int from old, new, unnest(old.n - new.n) r) as removed;

-- name: settle_feeds
select settle_feeds($1, $2, coalesce((select array_agg(daterange(a, b)) from unnest($3::date[], $4::date[]) e(a, b)), '{}'));

-- name: note_fetch
-- `$8`: it was believed, so its counts and validators hold from now on; null leaves them.
update feed set version = version + 1, last_fetch_at = $2, last_outcome = $3, last_status = $4, failures = $5,
                empty_since = $6, next_fetch_at = $7,
                last_success_at = case when $8::boolean then $2 else last_success_at end,
                events = coalesce($9, events), ignored = coalesce($10, ignored),
                etag = coalesce($11, etag), last_modified = coalesce($12, last_modified)
where id = $1;

-- name: insert_fetch
insert into feed_fetch (feed_id, at, outcome, status, bytes, events, added, removed)
values ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: forget_old_fetches
delete from feed_fetch where feed_id = $1
    and id <= (select id from feed_fetch where feed_id = $1 order by id desc offset 100 limit 1);

-- name: count_addresses
select count(*) from ical_address where property_id = $1;

-- name: insert_address
insert into ical_address (id, property_id, name, secret_hash, created_at) values ($1, $2, $3, $4, $5);

-- name: addresses_of_properties
select property_id as whose, id, name, created_at, last_read_at from ical_address where property_id = any ((select $1::uuid[])::uuid[])
order by id;

-- name: delete_address
delete from ical_address where id = $1 and property_id = $2;

-- name: find_address
select a.property_id, p.title, coalesce(p.time_zone, 'UTC') as time_zone, a.secret_hash, a.last_read_at
from ical_address a join property p on p.id = a.property_id
where a.id = $1 and a.secret_hash = $2 and p.status <> 'deleted';

-- name: note_reading
update ical_address set last_read_at = $2 where id = $1;

-- name: exported_nights
-- Stays that are sure, and what the host has closed; never what a feed closes, or it would come back to it.
select coalesce('stay-' || b.id, 'closed-' || s.id) as uid, coalesce(b.check_in, lower(s.blocked)) as "from",
       coalesce(b.check_out, upper(s.blocked)) as "to", b.id is not null as is_stay,
       coalesce(b.updated_at, s.created_at) as changed, coalesce(b.version, 1) as version
from stay_block s left join booking b on b.id = s.booking_id
where s.property_id = $1 and upper(s.blocked) > $2
  and (s.kind in ('host', 'imported') or (s.kind = 'booking' and b.status in ('confirmed', 'in_stay')))
order by lower(s.blocked) limit 2000;
