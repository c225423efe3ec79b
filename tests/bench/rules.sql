-- Rules for every property: a weekend, a discount, guests who pay extra, two taxes, a season and some days of their own.
insert into property_rules (property_id, pricing)
select id, jsonb_build_object('weekend', '["friday", "saturday"]'::jsonb,
    'weekend_price', jsonb_build_object('amount', nightly_price * 12 / 10 + 1, 'currency', currency),
    'length_discounts', '[{"min_nights": 3, "basis_points": 500}, {"min_nights": 7, "basis_points": 1000}]'::jsonb,
    'included_guests', 1, 'extra_guest_fee', jsonb_build_object('amount', 1000, 'currency', currency),
    'taxes', jsonb_build_array('{"name": "VAT", "basis_points": 700}'::jsonb, jsonb_build_object('name', 'City tax',
        'per_person_night', jsonb_build_object('amount', 150, 'currency', currency), 'max_nights', 5)),
    'weekday_rules', '[{"weekday": "friday", "min_nights": 2}]'::jsonb)
from property where status = 'listed';
insert into property_season (id, property_id, name, during, price, min_nights)
select gen_random_uuid(), id, 'Season', daterange(current_date + 100, current_date + 200), nightly_price * 15 / 10 + 1, 2
from property where status = 'listed';
insert into property_day (property_id, day, price)
select id, current_date + 50 + 7 * k + abs(hashtext(id::text || k)) % 7, nightly_price * 2
from property, generate_series(0, 19) k where status = 'listed';
update property set has_rules = true where status = 'listed';
vacuum analyze property, property_rules, property_season, property_day;
