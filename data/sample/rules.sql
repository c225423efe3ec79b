-- Nine in ten of the sample's properties are paid online. One in ten charges more on weekends and in December, less for long
-- stays, and has a tax. Only imported properties, and nothing where one of them has rules: this ran, or their hosts have begun.
update property p set payment_mode = 'online'
from imported_property i
where i.property_id = p.id and hashtext(p.id::text) % 10 <> 0
  and not exists (select from property r join imported_property o on o.property_id = r.id where r.has_rules);

with imported as (
    select p.* from property p join imported_property i on i.property_id = p.id
), chosen as (
    select id, nightly_price, currency from imported
    where status = 'listed' and not exists (select from imported where has_rules)
    order by id limit 200
), ruled as (
    insert into property_rules (property_id, pricing)
    select id, jsonb_build_object('weekend', '["friday", "saturday"]'::jsonb,
        'weekend_price', jsonb_build_object('amount', nightly_price * 12 / 10, 'currency', currency),
        'length_discounts', '[{"min_nights": 7, "basis_points": 1000}, {"min_nights": 28, "basis_points": 2500}]'::jsonb,
        'taxes', '[{"name": "GST", "basis_points": 900}]'::jsonb)
    from chosen
), seasons as (
    insert into property_season (id, property_id, name, during, price, min_nights)
    select gen_random_uuid(), id, 'December', daterange(make_date(extract(year from now())::int, 12, 15),
        make_date(extract(year from now())::int + 1, 1, 5)), nightly_price * 15 / 10, 3
    from chosen
)
update property p set has_rules = true, rules_version = rules_version + 1 from chosen c where p.id = c.id;
