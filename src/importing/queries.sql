-- Statements of the importer. The source is $1 wherever one is needed.

-- name: try_lock
-- One import at a time: they share the staging tables. Held until the connection ends.
select pg_try_advisory_lock(hashtext('roost import'));

-- name: insert_hosts
-- People who cannot sign in: they have neither a password nor an address. No name that somebody registers has a colon.
insert into app_user (id, username, display_name, is_host, external_source, external_id, created_at, updated_at)
select distinct on (l.host_external_id)
    l.host_id, $1 || ':' || l.host_external_id, coalesce(nullif(l.host_name, ''), 'Host'), true, $1, l.host_external_id,
    $2::timestamptz, $2::timestamptz
from import_listing l
order by l.host_external_id, l.host_id
on conflict (external_source, external_id) do nothing;

-- name: insert_properties
with fresh as (
    insert into property (id, host_id, status, created_at, updated_at, currency, nightly_price, cleaning_fee, capacity,
        bedrooms, beds, bathrooms, min_nights, max_nights, rating_points, rating_count, latitude, longitude,
        property_type, room_type, booking_mode, cancellation_policy, time_zone, title, line, city, region, country,
        postcode, amenities, images, description, house_rules)
    select l.property_id, u.id, l.status, $2::timestamptz, $2::timestamptz, l.currency, l.nightly_price,
        l.cleaning_fee, l.capacity, l.bedrooms, l.beds, l.bathrooms, l.min_nights, l.max_nights, l.rating_points,
        l.rating_count, l.latitude, l.longitude, l.property_type, l.room_type, l.booking_mode, l.cancellation_policy,
        l.time_zone, l.title, l.line, l.city, l.region, l.country, l.postcode, l.amenities, l.images, l.description,
        l.house_rules
    from import_listing l
    join app_user u on u.external_source = $1 and u.external_id = l.host_external_id
    where not exists (select from imported_property i where i.source = $1 and i.external_id = l.external_id)
    returning id, version
)
insert into imported_property (source, external_id, property_id, property_version)
select $1, l.external_id, f.id, f.version
from fresh f
join import_listing l on l.property_id = f.id;

-- name: count_kept
-- Those that were changed here since they were imported; being reviewed is no change.
select count(*)
from import_listing l
join imported_property i on i.source = $1 and i.external_id = l.external_id
join property p on p.id = i.property_id
where p.version - p.rating_version <> i.property_version or p.has_rules or p.status = 'deleted';

-- name: update_properties
-- Ratings are left alone: after the first import the reviews written here count them.
with changed as (
    update property p
    set version = p.version + 1, updated_at = $2::timestamptz, status = l.status, currency = l.currency,
        nightly_price = l.nightly_price, cleaning_fee = l.cleaning_fee, capacity = l.capacity, bedrooms = l.bedrooms,
        beds = l.beds, bathrooms = l.bathrooms, min_nights = l.min_nights, max_nights = l.max_nights,
        latitude = l.latitude, longitude = l.longitude, property_type = l.property_type, room_type = l.room_type,
        booking_mode = l.booking_mode, cancellation_policy = l.cancellation_policy, time_zone = l.time_zone,
        title = l.title, line = l.line, city = l.city, region = l.region, country = l.country, postcode = l.postcode,
        amenities = l.amenities, images = l.images, description = l.description, house_rules = l.house_rules
    from import_listing l
    join imported_property i on i.source = $1 and i.external_id = l.external_id
    where p.id = i.property_id and p.version - p.rating_version = i.property_version and not p.has_rules
        and p.status <> 'deleted'
        and (p.status, p.currency, p.nightly_price, p.cleaning_fee, p.capacity, p.bedrooms, p.beds, p.bathrooms,
            p.min_nights, p.max_nights, p.latitude, p.longitude, p.property_type, p.room_type, p.booking_mode,
            p.cancellation_policy, p.time_zone, p.title, p.line, p.city, p.region, p.country, p.postcode, p.amenities,
            p.images, p.description, p.house_rules)
        is distinct from
            (l.status, l.currency, l.nightly_price, l.cleaning_fee, l.capacity, l.bedrooms, l.beds, l.bathrooms,
            l.min_nights, l.max_nights, l.latitude, l.longitude, l.property_type, l.room_type, l.booking_mode,
            l.cancellation_policy, l.time_zone, l.title, l.line, l.city, l.region, l.country, l.postcode, l.amenities,
            l.images, l.description, l.house_rules)
    returning p.id, p.version - p.rating_version as version
)
update imported_property i set property_version = c.version from changed c where i.property_id = c.id;

-- name: count_strangers
-- Listings of the calendar that were never imported.
select count(distinct c.external_id)
from import_closed c
where not exists (select from imported_property i where i.source = $1 and i.external_id = c.external_id);

-- name: count_calendars
select count(distinct external_id) from import_closed;

-- name: next_listings
-- The last of the next $2 listings after $1; null after the last.
select max(external_id)
from (select distinct external_id from import_closed where external_id > $1 order by external_id limit $2::int) batch;

-- name: lock_properties
-- As whoever books does, so that no stay is booked between the reading of what is taken and the blocking of the rest.
select p.id
from property p
join imported_property i on i.property_id = p.id
where i.source = $1
    and i.external_id in (select external_id from import_closed where external_id > $2 and external_id <= $3)
order by p.id
for update of p;

-- name: free_expired_holds
-- Nights of holds that have run out by $4 are free.
delete from stay_block b
using imported_property i
where i.source = $1 and b.property_id = i.property_id and b.expires_at <= $4::timestamptz
    and i.external_id in (select external_id from import_closed where external_id > $2 and external_id <= $3);

-- name: plan_blocks
-- The closed nights of the listings after $2 up to $3, moved by $4 days, without those that stays or hosts occupy.
insert into import_block (property_id, blocked)
with closed as (
    select i.property_id, range_agg(daterange(lower(c.nights) + $4::int, upper(c.nights) + $4::int)) as nights
    from import_closed c
    join imported_property i on i.source = $1 and i.external_id = c.external_id
    where c.external_id > $2 and c.external_id <= $3 and not isempty(c.nights)
    group by i.property_id
),
taken as (
    select b.property_id, range_agg(b.blocked) as nights
    from stay_block b
    where b.property_id in (select property_id from closed) and b.kind <> 'imported'
    group by b.property_id
)
select c.property_id, unnest(c.nights - coalesce(t.nights, '{}'::datemultirange))
from closed c
left join taken t using (property_id);

-- name: delete_blocks
-- What an earlier import blocked and this one does not.
delete from stay_block b
using imported_property i
where i.source = $1 and b.property_id = i.property_id and b.kind = 'imported'
    and i.external_id in (select external_id from import_closed where external_id > $2 and external_id <= $3)
    and not exists (select from import_block w where w.property_id = b.property_id and w.blocked = b.blocked);

-- name: insert_blocks
-- The ids are version 7: random bits under the milliseconds, with the version's bits set.
insert into stay_block (id, property_id, blocked, kind, created_at)
select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from $1::timestamptz) * 1000)::bigint) from 3) from 1 for 6),
        52, 1), 53, 1), 'hex')::uuid, w.property_id, w.blocked, 'imported', $1::timestamptz
from import_block w
where not exists (
    select from stay_block b where b.property_id = w.property_id and b.blocked = w.blocked and b.kind = 'imported')
on conflict on constraint stay_block_no_overlap do nothing;

-- name: count_strange_reviews
-- Reviews of listings that were never imported.
select count(*) from import_review r
where not exists (select from imported_property i where i.source = $1 and i.external_id = r.listing_external_id);

-- name: update_reviews
update review r
set author_name = w.author_name, comment = w.comment, version = r.version + 1, updated_at = $2::timestamptz
from import_review w
where r.source = $1 and r.external_id = w.external_id
    and (r.author_name, r.comment) is distinct from (w.author_name, w.comment);

-- name: insert_reviews
-- About the property's host. Public since the day they were written, and with ids of that day, so that they stand in
-- every list where they belong.
insert into review (id, property_id, direction, subject_id, author_name, source, external_id, comment, published_at,
    created_at, updated_at)
select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
        placing substring(int8send((extract(epoch from w.at) * 1000)::bigint) from 3) from 1 for 6),
        52, 1), 53, 1), 'hex')::uuid, p.id, 'guest_to_property', p.host_id, w.author_name, $1, w.external_id, w.comment,
    w.at, w.at, $2::timestamptz
from (select *, written::timestamp at time zone 'UTC' as at from import_review) w
join imported_property i on i.source = $1 and i.external_id = w.listing_external_id
join property p on p.id = i.property_id
on conflict on constraint review_imported_once do nothing;
