-- What search needs beside the properties themselves. Every index holds listed properties only: nothing else is found.
set local lock_timeout = '2s';

create extension if not exists pg_trgm;
create extension if not exists unaccent;

-- Text as it is compared: "Köln" is "koln". Immutable in fact, as long as nobody edits the unaccent rules, which
-- PostgreSQL cannot know; names are resolved here, once, so no search_path can change them.
create function fold_text(text) returns text
    language sql immutable strict parallel safe
    return lower(unaccent('unaccent'::regdictionary, $1));

-- Derived by the database, so that whoever writes a property cannot forget them. 'simple', not 'english': listings
-- are written in every language.
alter table property
    add column city_key text not null generated always as (fold_text(city)) stored,
    add column search_name text not null generated always as
        (fold_text(title || ' ' || city || ' ' || region)) stored,
    add column search_vector tsvector not null generated always as
        (setweight(to_tsvector('simple', fold_text(title)), 'A')
            || setweight(to_tsvector('simple', fold_text(city || ' ' || region)), 'B')
            || setweight(to_tsvector('simple', fold_text(description)), 'D')) stored;

-- Map rectangles and circles.
create index property_location on property using gist (location) where status = 'listed';
-- The orderings that are columns, each ending in the id that breaks ties. The other orderings sort what they find.
create index property_price on property (currency, nightly_price, id) where status = 'listed';
create index property_rating on property (rating, id) where status = 'listed';
create index property_newest on property (created_at, id) where status = 'listed';
-- Filters that can be selective enough to begin with.
create index property_city on property (city_key) where status = 'listed';
create index property_amenities on property using gin (amenities) where status = 'listed';
-- Words anywhere in the text; and names with typing errors.
create index property_words on property using gin (search_vector) where status = 'listed';
create index property_name on property using gin (search_name gin_trgm_ops) where status = 'listed';
