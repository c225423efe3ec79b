-- What search asks of rules by date, several times faster: numbers instead of documents, and one statement a question.
set local lock_timeout = '2s';

-- What stands at a path in each of a list's documents, in order; null where one has nothing there.
create function numbers_in(list jsonb, path text[]) returns bigint[]
    language sql immutable parallel safe as $$
    select array(select (x #>> path)::bigint from jsonb_array_elements(list) with ordinality e(x, n) order by n)
$$;

-- For each weekday from Monday on what the rules for arrivals on it say; null where they say nothing.
create function numbers_by_weekday(rules jsonb, member text) returns int[]
    language sql immutable parallel safe as $$
    select array(
        select (select (x ->> member)::int from jsonb_array_elements(rules) x where x ->> 'weekday' = day)
        from unnest('{monday,tuesday,wednesday,thursday,friday,saturday,sunday}'::text[]) with ordinality w(day, n)
        order by n)
$$;

-- Derived, like those beside them: a property's rules are written rarely and read by every search.
alter table property_rules
    add column discount_nights bigint[] not null
        generated always as (numbers_in(pricing -> 'length_discounts', '{min_nights}')) stored,
    add column discount_rates bigint[] not null
        generated always as (numbers_in(pricing -> 'length_discounts', '{basis_points}')) stored,
    add column tax_rates bigint[] not null generated always as (numbers_in(pricing -> 'taxes', '{basis_points}')) stored,
    add column tax_amounts bigint[] not null
        generated always as (numbers_in(pricing -> 'taxes', '{per_person_night,amount}')) stored,
    add column tax_nights bigint[] not null generated always as (numbers_in(pricing -> 'taxes', '{max_nights}')) stored,
    add column tax_ages bigint[] not null
        generated always as (numbers_in(pricing -> 'taxes', '{exempt_under_age}')) stored,
    add column weekday_min int[] not null
        generated always as (numbers_by_weekday(pricing -> 'weekday_rules', 'min_nights')) stored,
    add column weekday_max int[] not null
        generated always as (numbers_by_weekday(pricing -> 'weekday_rules', 'max_nights')) stored;

-- A property has few seasons: a B-tree finds those of a stay in a fraction of the time their constraint's index takes.
create index property_season_from on property_season (property_id, lower(during));

-- Both functions below ask short questions and compute by themselves: PostgreSQL prepares each expression of a statement
-- anew for each call, so what looks like one statement less costs more. They no longer set plan_cache_mode either, which
-- took as long as reading a table; search does, once a statement.

-- The total of a stay as calendar/price.cpp computes it, for a property that has rules: search orders and filters by it.
-- Bounds of amounts (10^12 a night, 10^9 a person and night) keep every product inside bigint.
create or replace function ruled_total(house uuid, base bigint, cleaning bigint, tax_bp int, guest_fee_bp int, first date,
    last date, guests int, ages int[]) returns bigint
    language plpgsql stable parallel safe as $$
declare
    nights constant bigint := last - first;
    r record;
    s record;
    d record;
    season_prices bigint[];
    season_nights daterange[];
    usual bigint;
    rate bigint := 0;
    amount bigint;
    total bigint;
    taxed int;
begin
    select coalesce(p.weekend_price, base) as weekend, weekend_mask, included_guests, extra_guest_fee, discount_nights,
        discount_rates, tax_rates, tax_amounts, tax_nights, tax_ages
    into r from property_rules p where property_id = house;
    amount := base * nights;
    if r.weekend <> base then
        amount := amount + (r.weekend - base) * days_on(r.weekend_mask, first, last);
    end if;

    -- Seasons that have a price, instead of what the same nights would cost without.
    for s in
        select greatest(lower(during), first) as "from", least(upper(during), last) as "to", price from property_season
        where property_id = house and lower(during) < last and upper(during) > first and price is not null
    loop
        amount := amount + (s.price - base) * (s."to" - s."from");
        if r.weekend <> base then
            amount := amount - (r.weekend - base) * days_on(r.weekend_mask, s."from", s."to");
        end if;
        season_prices := season_prices || s.price;
        season_nights := season_nights || daterange(s."from", s."to");
    end loop;

    -- Single days, instead of all that.
    for d in
        select day, price from property_day
        where property_id = house and day >= first and day < last and price is not null
    loop
        usual := case when (r.weekend_mask >> (extract(isodow from d.day)::int - 1)) & 1 = 1 then r.weekend else base end;
        for i in 1 .. coalesce(cardinality(season_prices), 0) loop
            if season_nights[i] @> d.day then
                usual := season_prices[i];
            end if;
        end loop;
        amount := amount + d.price - usual;
    end loop;

    for i in 1 .. cardinality(r.discount_nights) loop
        if r.discount_nights[i] <= nights and r.discount_rates[i] > rate then
            rate := r.discount_rates[i];
        end if;
    end loop;
    amount := amount - (amount * rate + 5000) / 10000
        + r.extra_guest_fee * greatest(guests - r.included_guests, 0) * nights + cleaning;

    total := amount + (amount * guest_fee_bp + 5000) / 10000 + (amount * tax_bp + 5000) / 10000;
    for i in 1 .. cardinality(r.tax_rates) loop
        if r.tax_amounts[i] is not null then
            taxed := guests;
            if r.tax_ages[i] is not null and cardinality(ages) > 0 then
                taxed := guests - (select count(*) from unnest(ages) a where a < r.tax_ages[i]);
            end if;
            total := total + r.tax_amounts[i] * least(nights, r.tax_nights[i]) * taxed;
        elsif r.tax_nights[i] < nights then
            total := total + div(amount::numeric * r.tax_rates[i] * r.tax_nights[i] * 2 + nights * 10000, nights * 20000);
        else
            total := total + (amount * r.tax_rates[i] + 5000) / 10000;
        end if;
    end loop;
    return total;
end
$$;

-- Whether a property that has rules takes a stay, as far as lengths and days of arrival and departure go: what
-- calendar/stays.cpp says. The last four are the property's own.
create or replace function rules_take(house uuid, first date, last date, usual_min int, usual_max int,
    usual_arrival text[], usual_departure text[]) returns boolean
    language plpgsql stable parallel safe as $$
declare
    nights constant int := last - first;
    weekdays constant text[] := '{monday,tuesday,wednesday,thursday,friday,saturday,sunday}';
    comes constant int := extract(isodow from first);
    r record;
    s record;
    d record;
    fewest int;
    most int;
    no_arrival boolean;
    no_departure boolean;
begin
    select weekday_min, weekday_max, min_stay_through into r from property_rules where property_id = house;
    fewest := coalesce(r.weekday_min[comes], usual_min);
    most := coalesce(r.weekday_max[comes], usual_max);

    -- Seasons over the weekday's word, single days over the season's.
    for s in
        select during, min_nights, max_nights, closed_to_arrival, closed_to_departure from property_season
        where property_id = house and lower(during) <= last and upper(during) > first
    loop
        if s.during @> first then
            fewest := coalesce(s.min_nights, fewest);
            most := coalesce(s.max_nights, most);
            usual_arrival := coalesce(s.closed_to_arrival, usual_arrival);
        end if;
        if s.during @> last then
            usual_departure := coalesce(s.closed_to_departure, usual_departure);
        end if;
    end loop;
    no_arrival := weekdays[comes] = any (usual_arrival);
    no_departure := weekdays[extract(isodow from last)] = any (usual_departure);
    for d in
        select day, min_nights, max_nights, closed_to_arrival, closed_to_departure from property_day
        where property_id = house and day in (first, last)
    loop
        if d.day = first then
            fewest := coalesce(d.min_nights, fewest);
            most := coalesce(d.max_nights, most);
            no_arrival := coalesce(d.closed_to_arrival, no_arrival);
        else
            no_departure := coalesce(d.closed_to_departure, no_departure);
        end if;
    end loop;

    if no_arrival or no_departure or nights < fewest or nights > most then
        return false;
    end if;
    if not r.min_stay_through then
        return true;
    end if;
    return not exists (
        select from generate_series(0, nights - 1) i
        left join property_day x on x.property_id = house and x.day = first + i
        left join property_season y on y.property_id = house and y.during @> first + i
        where nights < coalesce(x.min_nights, y.min_nights, r.weekday_min[extract(isodow from first + i)::int], usual_min));
end
$$;
