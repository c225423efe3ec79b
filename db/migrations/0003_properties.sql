-- Properties: what is offered, where, for how much, and under which rules of stay.
set local lock_timeout = '2s';

create extension if not exists postgis;

-- Search reads these columns of many rows: values of fixed width that are never null come first, because
-- PostgreSQL finds those without walking the row.
create table property (
    id uuid primary key,
    host_id uuid not null references app_user,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- Every change adds one; ETags are made of it.
    version int not null default 1,
    tax_basis_points int not null default 0,

    capacity int not null default 1,
    bedrooms int not null default 0,
    beds int not null default 1,
    min_nights int not null default 1,
    max_nights int not null default 365,
    -- Days between booking and arrival, at least; 0 takes arrivals on the same day.
    advance_notice_days int not null default 0,
    -- Arrivals on the same day are taken before this hour there; 24: until midnight.
    same_day_cutoff_hour int not null default 24,
    -- Nights kept free after a stay.
    preparation_nights int not null default 0,
    -- Arrivals at most this many days from today.
    booking_window_days int not null default 365,

    -- Stars in hundredths, summed over the reviews, and their count: kept by whoever writes reviews, in their
    -- transaction. The average is derived, an integer so that it orders exactly; 0: no reviews yet.
    rating_count int not null default 0,
    rating_points bigint not null default 0,
    rating int not null generated always as
        (case when rating_count > 0 then round(rating_points::numeric / rating_count)::int else 0 end) stored,

    -- Halves are washrooms without a bath; they are exact in binary.
    bathrooms double precision not null default 1,

    -- Money is bigint minor units of one currency for the whole row. Null while a draft has no price.
    nightly_price bigint,
    -- Once per stay; null: none.
    cleaning_fee bigint,
    currency char(3),

    latitude double precision,
    longitude double precision,
    -- Planar, because map rectangles are planar; distances are computed on the sphere.
    location geometry(point, 4326) generated always as (st_setsrid(st_makepoint(longitude, latitude), 4326)) stored,

    -- Names of enums, not codes: rows read well in psql, and a new name needs no migration of data. Names that only
    -- grow with the code (property and room types, amenities) are not checked here.
    status text not null default 'draft',
    property_type text not null default 'other',
    room_type text not null default 'entire_home',
    booking_mode text not null default 'request',
    payment_mode text not null default 'on_arrival',
    cancellation_policy text not null default 'flexible',
    -- IANA zone; what "today" and check-in mean there. Null only while a draft has no location.
    time_zone text,
    -- Weekdays on which nobody arrives, departs: 'monday' … 'sunday'.
    closed_to_arrival text[] not null default '{}',
    closed_to_departure text[] not null default '{}',
    -- Wall clock there, HH:MM.
    check_in_time text not null default '15:00',
    check_out_time text not null default '11:00',

    title text not null default '',
    line text not null default '',
    city text not null default '',
    region text not null default '',
    -- ISO 3166-1 alpha-2, upper case; empty while a draft.
    country text not null default '',
    postcode text not null default '',
    -- An array, not a table of pairs: one row is one read, and `@>` with a GIN index answers "has all of these".
    amenities text[] not null default '{}',
    -- URLs in the order they are shown.
    images text[] not null default '{}',
    description text not null default '',
    house_rules text not null default '',

    constraint property_status check (status in ('draft', 'listed', 'unlisted', 'deleted')),
    constraint property_modes check (booking_mode in ('instant', 'request')
        and payment_mode in ('online', 'on_arrival')),
    constraint property_policy check (cancellation_policy in
        ('flexible', 'moderate', 'limited', 'firm', 'strict', 'non_refundable')),
    -- With stays of at most 730 nights no price can leave bigint on the way to a total.
    constraint property_price check (nightly_price between 1 and 1000000000000
        and cleaning_fee between 0 and 1000000000000 and tax_basis_points between 0 and 10000),
    constraint property_currency check (currency is not null or (nightly_price is null and cleaning_fee is null)),
    constraint property_rules check (1 <= min_nights and min_nights <= max_nights and max_nights <= 730
        and advance_notice_days between 0 and 365 and same_day_cutoff_hour between 0 and 24
        and preparation_nights between 0 and 2 and booking_window_days between 1 and 1095),
    constraint property_rooms check (capacity between 1 and 50 and bedrooms between 0 and 100
        and beds between 0 and 200 and bathrooms between 0 and 100 and bathrooms * 2 = floor(bathrooms * 2)),
    constraint property_place check ((latitude is null) = (longitude is null)
        and latitude between -90 and 90 and longitude between -180 and 180),
    constraint property_times check (check_in_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
        and check_out_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    constraint property_ratings check (rating_count >= 0 and rating_points between 0 and 500 * rating_count::bigint),
    -- Nothing can be found or booked without a price, a place and a zone, whoever wrote the row.
    constraint property_complete check (status <> 'listed'
        or (nightly_price is not null and latitude is not null and time_zone is not null
            and title <> '' and city <> '' and country <> ''))
);

-- A host's own list, newest first, whatever the status.
create index property_host on property (host_id, created_at, id);
