-- Statements of properties. Columns are named as the fields of `property`.

-- name: get_property
select id, host_id, status, title, description, property_type, room_type, line, city, region, country, postcode,
    latitude, longitude, time_zone, currency, nightly_price, cleaning_fee, tax_basis_points, capacity, bedrooms, beds,
    bathrooms, amenities, images, house_rules, cancellation_policy, cancellation_policy_id, booking_mode, request_holds,
    payment_mode, check_in_time, check_out_time, min_nights, max_nights, advance_notice_days, same_day_cutoff_hour, preparation_nights,
    booking_window_days, closed_to_arrival, closed_to_departure, nullif(rating, 0) / 100.0::float8 as rating, rating_count,
    version, created_at, updated_at
from property
where id = $1 and status <> 'deleted';

-- name: get_properties
select id, host_id, status, title, description, property_type, room_type, line, city, region, country, postcode,
    latitude, longitude, time_zone, currency, nightly_price, cleaning_fee, tax_basis_points, capacity, bedrooms, beds,
    bathrooms, amenities, images, house_rules, cancellation_policy, cancellation_policy_id, booking_mode, request_holds,
    payment_mode, check_in_time, check_out_time, min_nights, max_nights, advance_notice_days, same_day_cutoff_hour, preparation_nights,
    booking_window_days, closed_to_arrival, closed_to_departure, nullif(rating, 0) / 100.0::float8 as rating, rating_count,
    version, created_at, updated_at
from property
where id = any ((select $1::uuid[])::uuid[]) and status <> 'deleted';

-- name: lock_property
-- Waits for other changes of it and for bookings of it that are being made.
select id from property where id = $1 for update;

-- name: ids_of_host
-- A host's own, newest first after ($3, $4), any status or only $2; never the deleted. The key is created_at in
-- microseconds.
select id, (extract(epoch from created_at) * 1000000)::bigint as key
from property
where host_id = $1 and status <> 'deleted' and ($2::text is null or status = $2)
    and (created_at, id) < ($3::timestamptz, $4::uuid)
order by created_at desc, id desc
limit $5;

-- name: ids_of_host_before
-- The ones before ($3, $4), nearest first.
select id, (extract(epoch from created_at) * 1000000)::bigint as key
from property
where host_id = $1 and status <> 'deleted' and ($2::text is null or status = $2)
    and (created_at, id) > ($3::timestamptz, $4::uuid)
order by created_at, id
limit $5;

-- name: count_of_host
select count(*) from property where host_id = $1 and status <> 'deleted' and ($2::text is null or status = $2);

-- name: insert_property
insert into property (id, host_id, status, title, description, property_type, room_type, line, city, region, country,
    postcode, latitude, longitude, time_zone, currency, nightly_price, cleaning_fee, tax_basis_points, capacity,
    bedrooms, beds, bathrooms, amenities, images, house_rules, cancellation_policy, booking_mode, payment_mode,
    check_in_time, check_out_time, min_nights, max_nights, advance_notice_days, same_day_cutoff_hour,
    preparation_nights, booking_window_days, closed_to_arrival, closed_to_departure, version, created_at, updated_at,
    cancellation_policy_id, request_holds)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
    $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44);

-- name: update_property
-- Takes what insert_property takes; host and creation stay as they are.
update property set status = $3, title = $4, description = $5, property_type = $6, room_type = $7, line = $8,
    city = $9, region = $10, country = $11, postcode = $12, latitude = $13, longitude = $14, time_zone = $15,
    currency = $16, nightly_price = $17, cleaning_fee = $18, tax_basis_points = $19, capacity = $20, bedrooms = $21,
    beds = $22, bathrooms = $23, amenities = $24, images = $25, house_rules = $26, cancellation_policy = $27,
    booking_mode = $28, payment_mode = $29, check_in_time = $30, check_out_time = $31, min_nights = $32,
    max_nights = $33, advance_notice_days = $34, same_day_cutoff_hour = $35, preparation_nights = $36,
    booking_window_days = $37, closed_to_arrival = $38, closed_to_departure = $39, version = $40, updated_at = $42,
    cancellation_policy_id = $43, request_holds = $44
where id = $1 and host_id = $2 and created_at = $41;

-- name: unlist_all_of_host
update property set status = 'unlisted', version = version + 1, updated_at = $2
where host_id = $1 and status = 'listed';

-- name: list_policies
-- What somebody may choose from: the shipped ones, and their own ($1, or null).
select id, code, coalesce(host_id = $1, false) as own, name, terms, version, created_at, updated_at
from cancellation_policy where (host_id is null or host_id = $1) and archived_at is null
order by host_id is not null, id;

-- name: find_policy
-- One's own ($2; any for admins, $3), the shipped ones, and what is the terms of a listed property.
select id, code, coalesce(host_id = $2, false) as own, name, terms, version, created_at, updated_at
from cancellation_policy c
where id = $1 and archived_at is null
  and (host_id is null or host_id = $2 or $3
       or exists (select from property p where p.cancellation_policy_id = c.id and p.status = 'listed'));

-- name: lock_policy
-- Whoever gives it to a property holds it shared until they are done.
select host_id from cancellation_policy where id = $1 and archived_at is null for update;

-- name: count_policies
select count(*) from cancellation_policy where host_id = $1 and archived_at is null;

-- name: insert_policy
insert into cancellation_policy (id, host_id, code, name, terms, created_at, updated_at)
values ($1, $2, 'custom', $3, $4, $5, $5);

-- name: update_policy
update cancellation_policy
set name = $2, terms = $3, version = version + 1, updated_at = $4
where id = $1;

-- name: policy_is_used
select exists (select from property where cancellation_policy_id = $1 and status <> 'deleted');

-- name: archive_policy
update cancellation_policy set archived_at = $2, version = version + 1, updated_at = $2 where id = $1;

-- name: policy_of_host
-- Held until the transaction ends, so that it is not archived before a property uses it.
select id from cancellation_policy where id = $1 and host_id = $2 and archived_at is null for share;
