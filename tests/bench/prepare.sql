-- The New York data as a marketplace in use: ids one can count through, ten stays a property over the coming year, three
-- reviews of each and quotes ready to be booked. Every property has days 23 to 35 of each 36 free.
-- They differ in their first bits, as real ones do: a GiST index tells apart no others, and each look-up in it took 40 times as long.
set session_replication_role = replica;  -- ids change in all tables at once
truncate imported_property;
with numbered as (select id, row_number() over (order by status <> 'listed', id) as n from property)
update property p set id = ('01' || lpad(n::text, 6, '0') || '-0000-7000-8000-000000000001')::uuid
from numbered where numbered.id = p.id;
set session_replication_role = origin;
update property set min_nights = least(min_nights, 3), advance_notice_days = 0, booking_window_days = 400,
    booking_mode = 'instant', payment_mode = 'on_arrival',
    rating_count = rating_count + 3, rating_points = rating_points + 1300;  -- the reviews below

create table bench_stay as
select gen_random_uuid() as booking_id, k, p.id as property_id, p.host_id, p.currency, p.nightly_price,
       current_date + 20 + 36 * k + abs(hashtext(p.id::text || k)) % 20 as check_in
from property p, generate_series(0, 9) k where p.status = 'listed';

insert into booking (id, property_id, guest_id, host_id, quote_id, status, check_in, check_out, guests, currency, lines,
    accommodation, guest_fee, tax, total, host_payout, cancellation_policy, cancellation_terms, time_zone, check_in_time,
    starts_at, ends_at, due_at, created_at, updated_at)
select booking_id, property_id, (select id from app_user where username = 'bench'), host_id, gen_random_uuid(),
    'confirmed', check_in, check_in + 3, 2, currency, '[]', 3 * nightly_price, 0, 0,
    3 * nightly_price, 3 * nightly_price, 'flexible', (select terms from cancellation_policy where code = 'flexible'),
    'UTC', '15:00', check_in + time '15:00', check_in + 3 + time '11:00',
    check_in + time '15:00', now(), now()
from bench_stay;
insert into stay_block (id, property_id, blocked, kind, booking_id, created_at)
select gen_random_uuid(), property_id, daterange(check_in, check_in + 3), 'booking', booking_id, now() from bench_stay;
-- Of the first three stays, with 5, 4 and 4 stars, as if they were over. The sums above are theirs.
set session_replication_role = replica;
insert into review (id, property_id, booking_id, direction, author_id, subject_id, rating, comment, closes_at, published_at,
    created_at, updated_at)
select gen_random_uuid(), property_id, booking_id, 'guest_to_property', (select id from app_user where username = 'bench'),
    host_id, case k when 0 then 5 else 4 end, 'Quiet at night, bright in the morning, and the host answers at once.',
    now(), now() - (k + 1) * interval '40 days', now() - (k + 1) * interval '40 days', now()
from bench_stay where k < 3;
set session_replication_role = origin;
drop table bench_stay;

-- Quote n is for property n, three nights that are free, as the service would have made it.
insert into quote (id, property_id, guest_id, check_in, check_out, guests, currency, lines, accommodation, guest_fee, tax,
    total, host_payout, guest_fee_bp, rules_version, expires_at, created_at, cancellation_terms)
select overlay(id::text placing '9' from 20 for 1)::uuid, id, (select id from app_user where username = 'bench'),
    current_date + 45, current_date + 48, 1, currency, jsonb_build_array(
        jsonb_build_object('kind', 'nights', 'description', 'Nights at the usual price', 'rule', 'base', 'quantity', 3,
            'unit_price', jsonb_build_object('amount', nightly_price, 'currency', currency), 'amount',
            jsonb_build_object('amount', 3 * nightly_price, 'currency', currency), 'refundable', true),
        jsonb_build_object('kind', 'guest_fee', 'description', 'Service fee, 12%', 'rate_basis_points', 1200,
            'base', jsonb_build_object('amount', 3 * nightly_price, 'currency', currency), 'amount',
            jsonb_build_object('amount', fee, 'currency', currency), 'refundable', true)),
    3 * nightly_price, fee, 0, 3 * nightly_price + fee, 3 * nightly_price, 1200, rules_version,
    now() + interval '1 day', now(),
    (select terms from cancellation_policy c where c.host_id is null and c.code = property.cancellation_policy)
from property, lateral (select (3 * nightly_price * 1200 + 5000) / 10000) f(fee) where status = 'listed';
vacuum analyze;
