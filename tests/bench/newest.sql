select p.id, host_id, title, property_type, room_type, line, city, region, country, postcode, latitude, longitude,
    currency, nightly_price, cleaning_fee, capacity, bedrooms, beds, bathrooms, amenities, images, booking_mode,
    payment_mode, cancellation_policy, rating, rating_count, version
from property p
where status = 'listed'
order by created_at desc, p.id desc
limit 21
