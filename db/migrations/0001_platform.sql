-- What every feature stands on.

set local lock_timeout = '2s';

-- All but PostGIS are trusted: the owner of the database may create them. PostGIS needs a superuser, once:
-- `create extension postgis` beforehand (docs/OPERATIONS.md), and this line finds it there.
create extension if not exists postgis;
create extension if not exists btree_gist;  -- a property and its nights in one exclusion constraint
create extension if not exists pg_trgm;     -- words with typing mistakes
create extension if not exists unaccent;    -- cafe finds café

-- Replies kept under the caller's Idempotency-Key. Written in the transaction of the effect, so that a reply exists
-- exactly when the effect does; the primary key makes a second request with the key wait for the first.
create table idempotency (
    principal text not null,    -- who: user:<id>, or an address for those not signed in. Not a foreign key:
                                -- a key outlives nothing, and rows go after 7 days
    operation text not null,    -- which: one key may serve several operations
    key text not null,
    fingerprint text not null,  -- of the request: the same key with another request is refused
    status integer,             -- null until the effect is done, which nobody outside the transaction sees
    location text,
    etag text,
    body text,                  -- as it was sent, replayed byte for byte: hence not jsonb
    created_at timestamptz not null default now(),
    primary key (principal, operation, key),
    check (length(key) between 1 and 255)
);

-- The sweeper finds what is older than 7 days.
create index idempotency_by_age on idempotency (created_at);
