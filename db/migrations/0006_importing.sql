-- What `roost import` needs: where imported properties come from, and room to stage rows.
set local lock_timeout = '2s';

-- Importing again finds the same property by its id in the source. People are found by app_user.external_id.
create table imported_property (
    source text not null,
    external_id text not null,
    property_id uuid not null unique references property,
    -- The version the last import left. A property with another one was changed here since, by its host: imports
    -- leave it alone from then on.
    property_version int not null,
    primary key (source, external_id)
);

-- COPY fills these, one statement merges a batch, and they are emptied again. Tables and not temporary ones, so that
-- the statements over them can be prepared and checked like all others; unlogged, since what they hold may be lost.
-- One import runs at a time.
create unlogged table import_listing (
    -- Ids for the case that they are new.
    property_id uuid not null,
    host_id uuid not null,
    external_id text not null,
    host_external_id text not null,
    host_name text not null,
    status text not null,
    currency char(3),
    nightly_price bigint,
    cleaning_fee bigint,
    capacity int not null,
    bedrooms int not null,
    beds int not null,
    bathrooms double precision not null,
    min_nights int not null,
    max_nights int not null,
    rating_points bigint not null,
    rating_count int not null,
    latitude double precision not null,
    longitude double precision not null,
    property_type text not null,
    room_type text not null,
    booking_mode text not null,
    cancellation_policy text not null,
    time_zone text not null,
    title text not null,
    line text not null,
    city text not null,
    region text not null,
    country text not null,
    postcode text not null,
    amenities text[] not null,
    images text[] not null,
    description text not null,
    house_rules text not null
);

-- Closed nights as the calendar has them: not merged, in any order. An empty range says that the listing is in it.
create unlogged table import_closed (
    external_id text not null,
    nights daterange not null
);
create index import_closed_listing on import_closed (external_id);

-- What the properties of one batch shall have blocked.
create unlogged table import_block (
    property_id uuid not null,
    blocked daterange not null
);
