-- A dated search asks one function where it asked two, and walks in order of price without reading what it passes over.
set local lock_timeout = '2s';

-- What passes over a property because of the map, the guests or the length of the stay is in the index itself: no row is
-- read, as long as the pages are known to be visible to all.
create index property_price_on_map on property (currency, nightly_price, id)
    include (location, capacity, has_rules, min_nights, max_nights) where status = 'listed';
drop index property_price;
alter table property set (autovacuum_vacuum_scale_factor = 0.02);

-- All that is read of a season. Without, the planner thinks its constraint's index cheaper, which takes several times as long.
create index property_season_of_stay on property_season (property_id, lower(during))
    include (during, price, min_nights, max_nights, closed_to_arrival, closed_to_departure);
drop index property_season_from;

-- The total of a stay at a property that has rules, as calendar/price.cpp computes it; null when its rules do not take the
-- stay, as far as lengths and days of arrival and departure go: what calendar/stays.cpp says. What is usual is the
-- property's own. Bounds of amounts (10^12 a night, 10^9 a person and night) keep every product inside bigint.
-- One function, because the questions to the tables cost more than the arithmetic; ruled_total and rules_take are for the
-- release before. Short questions, because PostgreSQL prepares each expression of a statement anew for each call.
create function ruled_stay(house uuid, first date, last date, guests int, ages int[], guest_fee_bp int, base bigint,
    cleaning bigint, tax_bp int, usual_min int, usual_max int, usual_arrival text[], usual_departure text[]) returns bigint
    language plpgsql stable parallel safe as $$
declare
    nights constant int := last - first;
    weekdays constant text[] := array['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
    comes constant int := extract(isodow from first);
    r record;
    s record;
    d record;
    fewest int;
    most int;
    no_arrival boolean;
    no_departure boolean;
    season_prices bigint[];
    season_nights daterange[];
    usual bigint;
    rate bigint := 0;
    amount bigint := base * nights;
    total bigint;
    taxed int;
begin
    select coalesce(weekend_price, base) as weekend, weekend_mask, included_guests, extra_guest_fee, discount_nights,
        discount_rates, tax_rates, tax_amounts, tax_nights, tax_ages, weekday_min, weekday_max, min_stay_through
    into r from property_rules where property_id = house;
    fewest := coalesce(r.weekday_min[comes], usual_min);
    most := coalesce(r.weekday_max[comes], usual_max);
    if r.weekend <> base then
        amount := amount + (r.weekend - base) * days_on(r.weekend_mask, first, last);
    end if;

    -- Seasons over the weekday's word; those that have a price, instead of what the same nights would cost without.
    for s in
        select during, greatest(lower(during), first) as "from", least(upper(during), last) as "to", price, min_nights,
            max_nights, closed_to_arrival, closed_to_departure
        from property_season where property_id = house and lower(during) <= last and upper(during) > first
    loop
        if s."from" = first then
            fewest := coalesce(s.min_nights, fewest);
            most := coalesce(s.max_nights, most);
            usual_arrival := coalesce(s.closed_to_arrival, usual_arrival);
        end if;
        if s.during @> last then
            usual_departure := coalesce(s.closed_to_departure, usual_departure);
        end if;
        if s.price is not null then
            amount := amount + (s.price - base) * (s."to" - s."from");
            if r.weekend <> base then
                amount := amount - (r.weekend - base) * days_on(r.weekend_mask, s."from", s."to");
            end if;
            season_prices := season_prices || s.price;
            season_nights := season_nights || s.during;
        end if;
    end loop;
    no_arrival := weekdays[comes] = any (usual_arrival);
    no_departure := weekdays[extract(isodow from last)] = any (usual_departure);

    -- Single days, over all that.
    for d in
        select day, price, min_nights, max_nights, closed_to_arrival, closed_to_departure from property_day
        where property_id = house and day >= first and day <= last
    loop
        if d.day = first then
            fewest := coalesce(d.min_nights, fewest);
            most := coalesce(d.max_nights, most);
            no_arrival := coalesce(d.closed_to_arrival, no_arrival);
        end if;
        if d.day = last then
            no_departure := coalesce(d.closed_to_departure, no_departure);
        elsif d.price is not null then
            usual := case when (r.weekend_mask >> (extract(isodow from d.day)::int - 1)) & 1 = 1 then r.weekend else base end;
            for i in 1 .. coalesce(cardinality(season_prices), 0) loop
                if season_nights[i] @> d.day then
                    usual := season_prices[i];
                end if;
            end loop;
            amount := amount + d.price - usual;
        end if;
    end loop;

    if no_arrival or no_departure or nights < fewest or nights > most then
        return null;
    end if;
    if r.min_stay_through then
        if exists (
            select from generate_series(0, nights - 1) i
            left join property_day x on x.property_id = house and x.day = first + i
            left join property_season y on y.property_id = house and y.during @> first + i
            where nights < coalesce(x.min_nights, y.min_nights, r.weekday_min[extract(isodow from first + i)::int], usual_min))
        then
            return null;
        end if;
    end if;

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
