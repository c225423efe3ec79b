-- Prices and rules by date, and quotes and bookings that explain every line of their price.
set local lock_timeout = '2s';

-- has_rules says that property_rules has a row, so that search asks only where there is one. rules_version counts every
-- change of what a stay costs or of the rules by date: a quote made under another one is not booked.
alter table property
    add column has_rules boolean not null default false,
    add column rules_version int not null default 1;

-- Prices that stand on the property itself count too, whoever writes them.
create function count_price_change() returns trigger language plpgsql as $$
begin
    -- Amounts of rules are in the property's currency; they would mean something else in another one.
    if new.currency is distinct from old.currency and old.has_rules then
        raise exception using errcode = 'check_violation', constraint = 'property_rules_currency',
            message = 'the property has rules in its present currency';
    end if;
    new.rules_version := old.rules_version + 1;
    return new;
end
$$;
create trigger property_price_change
    before update of currency, nightly_price, cleaning_fee, tax_basis_points on property
    for each row when ((new.currency, new.nightly_price, new.cleaning_fee, new.tax_basis_points)
        is distinct from (old.currency, old.nightly_price, old.cleaning_fee, old.tax_basis_points))
    execute function count_price_change();

-- What a host sets beside the property's own fields, as the API shows it: one document, since it is written and read as
-- a whole. What search computes with is derived. Weekend nights are bits, Monday's is 1.
create table property_rules (
    property_id uuid primary key references property,
    pricing jsonb not null default '{}',
    weekend_price bigint generated always as ((pricing -> 'weekend_price' ->> 'amount')::bigint) stored,
    weekend_mask int not null generated always as (
        coalesce((pricing -> 'weekend' ? 'monday')::int * 1, 0)
        + coalesce((pricing -> 'weekend' ? 'tuesday')::int * 2, 0)
        + coalesce((pricing -> 'weekend' ? 'wednesday')::int * 4, 0)
        + coalesce((pricing -> 'weekend' ? 'thursday')::int * 8, 0)
        + coalesce((pricing -> 'weekend' ? 'friday')::int * 16, 0)
        + coalesce((pricing -> 'weekend' ? 'saturday')::int * 32, 0)
        + coalesce((pricing -> 'weekend' ? 'sunday')::int * 64, 0)) stored,
    included_guests int not null generated always as
        (coalesce((pricing ->> 'included_guests')::int, 1)) stored,
    extra_guest_fee bigint not null generated always as
        (coalesce((pricing -> 'extra_guest_fee' ->> 'amount')::bigint, 0)) stored,
    min_stay_through boolean not null generated always as
        (coalesce((pricing ->> 'min_stay_through')::boolean, false)) stored
);

-- Named stretches of the year. They do not overlap, so none has to win. What is null is as outside of the season.
create table property_season (
    id uuid primary key,
    property_id uuid not null references property,
    name text not null,
    -- Its nights.
    during daterange not null,
    price bigint,
    min_nights int,
    max_nights int,
    -- Weekdays, instead of the property's.
    closed_to_arrival text[],
    closed_to_departure text[],
    constraint property_season_range check (not isempty(during) and not lower_inf(during) and not upper_inf(during)),
    constraint property_season_values check (price between 1 and 1000000000000
        and min_nights between 1 and 730 and max_nights between 1 and 730),
    constraint property_season_no_overlap exclude using gist (property_id with =, during with &&)
);

-- What the host said of single days. What is null is as without.
create table property_day (
    property_id uuid not null references property,
    day date not null,
    price bigint,
    min_nights int,
    max_nights int,
    closed_to_arrival boolean,
    closed_to_departure boolean,
    primary key (property_id, day),
    constraint property_day_values check (price between 1 and 1000000000000
        and min_nights between 1 and 730 and max_nights between 1 and 730)
);

-- A quote shows its lines as they were computed; refunds need the sums. Nobody has bookings made before this.
alter table quote
    drop constraint quote_adds_up,
    drop column nightly_price, drop column nights_amount, drop column cleaning_fee, drop column tax_bp,
    add column child_ages int[] not null default '{}',
    add column lines jsonb not null default '[]',
    -- Nights, discount, extra guests and cleaning: what the host's share is made of.
    add column accommodation bigint not null default 0,
    add column rules_version int not null default 1,
    add constraint quote_adds_up check (total = accommodation + guest_fee + tax);
alter table booking
    drop constraint booking_adds_up,
    drop column nightly_price, drop column nights_amount, drop column cleaning_fee, drop column tax_bp,
    drop column guest_fee_bp,
    add column child_ages int[] not null default '{}',
    add column lines jsonb not null default '[]',
    add column accommodation bigint not null default 0,
    add constraint booking_adds_up check (total = accommodation + guest_fee + tax);
alter table quote alter column lines drop default, alter column accommodation drop default,
    alter column rules_version drop default;
alter table booking alter column lines drop default, alter column accommodation drop default;

-- The rules that touch the days from `first` to `last`, as calendar/rules.hpp reads them; null where there are none.
-- In PL/pgSQL because that keeps the plan, with a generic one because search, which calls the others thousands of times,
-- has its own statements planned for their values: without, a total took 1.3 ms instead of 0.2.
create function rules_between(house uuid, first date, last date) returns jsonb
    language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
begin
    return (select jsonb_build_object(
        'pricing', r.pricing,
        'seasons', coalesce((
            select jsonb_agg(jsonb_build_object('id', s.id, 'name', s.name, 'from', lower(s.during),
                'to', upper(s.during), 'price', case when s.price is not null
                    then jsonb_build_object('amount', s.price, 'currency', p.currency) end,
                'min_nights', s.min_nights, 'max_nights', s.max_nights, 'closed_to_arrival', s.closed_to_arrival,
                'closed_to_departure', s.closed_to_departure) order by s.during)
            from property_season s where s.property_id = house and s.during && daterange(first, last, '[]')), '[]'),
        'days', coalesce((
            select jsonb_agg(jsonb_build_object('day', d.day, 'price', case when d.price is not null
                    then jsonb_build_object('amount', d.price, 'currency', p.currency) end,
                'min_nights', d.min_nights, 'max_nights', d.max_nights, 'closed_to_arrival', d.closed_to_arrival,
                'closed_to_departure', d.closed_to_departure) order by d.day)
            from property_day d where d.property_id = house and d.day between first and last), '[]'))
    from property_rules r join property p on p.id = r.property_id
    where r.property_id = house);
end
$$;

-- How many of the days [first, last) are weekdays of the mask (Monday's bit is 1). 1999-12-27 was a Monday.
create function days_on(mask int, first date, last date) returns int
    language sql immutable parallel safe as $$
    select ((mask >> 0) & 1) * ((last - date '1999-12-27' + 6) / 7 - (first - date '1999-12-27' + 6) / 7)
        + ((mask >> 1) & 1) * ((last - date '1999-12-27' + 5) / 7 - (first - date '1999-12-27' + 5) / 7)
        + ((mask >> 2) & 1) * ((last - date '1999-12-27' + 4) / 7 - (first - date '1999-12-27' + 4) / 7)
        + ((mask >> 3) & 1) * ((last - date '1999-12-27' + 3) / 7 - (first - date '1999-12-27' + 3) / 7)
        + ((mask >> 4) & 1) * ((last - date '1999-12-27' + 2) / 7 - (first - date '1999-12-27' + 2) / 7)
        + ((mask >> 5) & 1) * ((last - date '1999-12-27' + 1) / 7 - (first - date '1999-12-27' + 1) / 7)
        + ((mask >> 6) & 1) * ((last - date '1999-12-27' + 0) / 7 - (first - date '1999-12-27' + 0) / 7)
$$;

-- The total of a stay as calendar/price.cpp computes it, for a property that has rules: search orders and filters by it.
-- Bounds of amounts (10^12 a night, 10^9 a person and night) keep every product inside bigint.
create function ruled_total(house uuid, base bigint, cleaning bigint, tax_bp int, guest_fee_bp int, first date, last date,
    guests int, ages int[]) returns bigint
    language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
declare
    r property_rules;
    nights constant bigint := last - first;
    weekend bigint;
    amount bigint;
    total bigint;
begin
    select * into r from property_rules where property_id = house;
    weekend := coalesce(r.weekend_price, base);
    amount := base * nights;
    if weekend <> base then
        amount := amount + (weekend - base) * days_on(r.weekend_mask, first, last);
    end if;
    -- Seasons that have a price, instead of what the same nights would cost without.
    select amount + coalesce(sum(
        (s.price - base) * (least(upper(s.during), last) - greatest(lower(s.during), first))
        - case when weekend = base then 0 else (weekend - base)
            * days_on(r.weekend_mask, greatest(lower(s.during), first), least(upper(s.during), last)) end), 0)
    into amount
    from property_season s
    where s.property_id = house and s.during && daterange(first, last) and s.price is not null;
    -- Single days, instead of all that.
    select amount + coalesce(sum(d.price - coalesce(
        (select s.price from property_season s where s.property_id = house and s.during @> d.day),
        case when (r.weekend_mask >> (extract(isodow from d.day)::int - 1)) & 1 = 1 then weekend else base end)), 0)
    into amount
    from property_day d
    where d.property_id = house and d.day >= first and d.day < last and d.price is not null;

    if jsonb_array_length(r.pricing -> 'length_discounts') > 0 then
        amount := amount - (amount * coalesce((
            select max((x ->> 'basis_points')::int) from jsonb_array_elements(r.pricing -> 'length_discounts') x
            where (x ->> 'min_nights')::int <= nights), 0) + 5000) / 10000;
    end if;
    amount := amount + r.extra_guest_fee * greatest(guests - r.included_guests, 0) * nights + cleaning;

    total := amount + (amount * guest_fee_bp + 5000) / 10000 + (amount * tax_bp + 5000) / 10000;
    if jsonb_array_length(r.pricing -> 'taxes') > 0 then
        total := total + (
            select sum(case
                when t.per_person_night is not null then (t.per_person_night ->> 'amount')::bigint * least(nights, t.max_nights)
                    * (guests - case when t.exempt_under_age is null then 0
                                     else (select count(*) from unnest(ages) a where a < t.exempt_under_age) end)
                else div(amount::numeric * t.basis_points * least(nights, t.max_nights) * 2 + nights * 10000, nights * 20000)
                end)
            from jsonb_to_recordset(r.pricing -> 'taxes') t(basis_points int, per_person_night jsonb, exempt_under_age int,
                max_nights int));
    end if;
    return total;
end
$$;

-- Whether a property that has rules takes a stay, as far as lengths and days of arrival and departure go: what
-- calendar/stays.cpp says. The last four are the property's own.
create function rules_take(house uuid, first date, last date, usual_min int, usual_max int, usual_arrival text[],
    usual_departure text[]) returns boolean
    language plpgsql stable parallel safe set plan_cache_mode = force_generic_plan as $$
declare
    nights constant int := last - first;
    weekdays constant text[] := '{monday,tuesday,wednesday,thursday,friday,saturday,sunday}';
    comes constant text := weekdays[extract(isodow from first)];
    goes constant text := weekdays[extract(isodow from last)];
    t record;
    usual jsonb;
begin
    select coalesce(a.closed_to_arrival, comes = any (coalesce(sa.closed_to_arrival, usual_arrival)))
            or coalesce(d.closed_to_departure, goes = any (coalesce(sd.closed_to_departure, usual_departure))) as closed,
        coalesce(a.min_nights, sa.min_nights) as least, coalesce(a.max_nights, sa.max_nights) as most,
        r.min_stay_through, r.pricing -> 'weekday_rules' as by_weekday
    into t
    from property_rules r
    left join property_day a on a.property_id = house and a.day = first
    left join property_day d on d.property_id = house and d.day = last
    left join property_season sa on sa.property_id = house and sa.during @> first
    left join property_season sd on sd.property_id = house and sd.during @> last
    where r.property_id = house;
    if t.closed then
        return false;
    end if;
    if jsonb_array_length(t.by_weekday) > 0 then
        select x into usual from jsonb_array_elements(t.by_weekday) x where x ->> 'weekday' = comes;
    end if;
    if nights < coalesce(t.least, (usual ->> 'min_nights')::int, usual_min)
        or nights > coalesce(t.most, (usual ->> 'max_nights')::int, usual_max) then
        return false;
    end if;
    return not t.min_stay_through or not exists (
        select from generate_series(0, nights - 1) i
        left join property_day x on x.property_id = house and x.day = first + i
        left join property_season s on s.property_id = house and s.during @> first + i
        left join jsonb_array_elements(t.by_weekday) w
            on w ->> 'weekday' = weekdays[extract(isodow from first + i)]
        where nights < coalesce(x.min_nights, s.min_nights, (w ->> 'min_nights')::int, usual_min));
end
$$;
