-- Calendars shared with other platforms: what they close here, and the addresses at which they read ours.
set local lock_timeout = '2s';

-- Another platform's calendar of a property, fetched again and again.
create table feed (
    id uuid primary key,
    property_id uuid not null references property,
    name text not null,
    -- Whoever has it reads that calendar, so it is shown to the host only and never logged.
    url text not null,
    -- Fencing: a fetch is applied only if no other was applied, and the address not changed, since it began.
    version int not null default 1,
    -- Validators of the last version that was believed, sent back so that an unchanged one is not sent again.
    etag text not null default '',
    last_modified text not null default '',
    next_fetch_at timestamptz not null,
    -- When somebody last asked for a fetch out of turn.
    asked_at timestamptz,
    last_fetch_at timestamptz,
    last_success_at timestamptz,
    last_outcome text,
    last_status int,
    -- In a row.
    failures int not null default 0,
    -- Since when it has said that nothing is closed without being believed.
    empty_since timestamptz,
    -- Of the last version that was believed.
    events int not null default 0,
    ignored int not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint feed_address unique (property_id, url)
);
-- The queue of fetches.
create index feed_due on feed (next_fetch_at);

-- What each feed closes: the truth, as its last believed version says, merged and without overlaps within one feed.
-- Feeds may overlap each other and anything that occupies nights here.
create table feed_block (
    feed_id uuid not null references feed on delete cascade,
    -- Copied: the union over a property's feeds is one index scan.
    property_id uuid not null references property,
    nights daterange not null,
    primary key (feed_id, nights),
    constraint feed_block_range check (not isempty(nights) and not lower_inf(nights) and not upper_inf(nights))
);
create index feed_block_property on feed_block (property_id);

-- The last fetches of each feed; older ones are deleted as new ones come.
create table feed_fetch (
    id bigint generated always as identity primary key,
    feed_id uuid not null references feed on delete cascade,
    at timestamptz not null,
    outcome text not null,
    status int,
    bytes int not null,
    events int not null,
    -- Nights that became closed and free by it.
    added int not null,
    removed int not null
);
create index feed_fetch_feed on feed_fetch (feed_id, id);

-- A feed closes nights of a stay that is confirmed here. Kept after it is resolved, so that it is told once.
create table feed_conflict (
    feed_id uuid not null references feed on delete cascade,
    booking_id uuid not null references booking,
    property_id uuid not null references property,
    nights daterange not null,
    -- The feed began to close exactly these nights after the stay was booked, without saying that somebody stays: most
    -- likely the other platform has read the stay in our calendar and repeats it.
    likely_echo boolean not null,
    found_at timestamptz not null,
    resolved_at timestamptz,
    primary key (feed_id, booking_id)
);
create index feed_conflict_open on feed_conflict (property_id) where resolved_at is null;
create index feed_conflict_booking on feed_conflict (booking_id);

-- The secret addresses of a property's own calendar, one for each platform that reads it, so that each can be revoked
-- by itself. Only a hash of the secret: who reads the database does not read calendars.
create table ical_address (
    id uuid primary key,
    property_id uuid not null references property,
    name text not null,
    secret_hash bytea not null,
    created_at timestamptz not null,
    -- To the hour.
    last_read_at timestamptz
);
create index ical_address_property on ical_address (property_id);

-- What feeds close takes part in the one constraint that sells each night once: as rows of a kind of their own, which
-- hold the union of all feeds of the property without what stays, holds and hosts occupy.
alter table stay_block drop constraint stay_block_kind_check;
alter table stay_block add constraint stay_block_kind_check
    check (kind in ('hold', 'booking', 'host', 'imported', 'feed')) not valid;
alter table stay_block validate constraint stay_block_kind_check;

-- Nights of confirmed stays that feeds close.
create view feed_clash as
    select f.feed_id, b.id as booking_id, f.property_id, b.host_id, b.check_in, b.check_out,
           range_merge(range_agg(f.nights * daterange(b.check_in, b.check_out))) as nights
    from feed_block f
    join stay_block s on s.property_id = f.property_id and s.blocked && f.nights and s.kind = 'booking'
    join booking b on b.id = s.booking_id and b.status in ('confirmed', 'in_stay')
        and daterange(b.check_in, b.check_out) && f.nights
    group by f.feed_id, b.id, f.property_id;

-- Makes the rows of kind 'feed' and the conflicts of a property what its feeds say now. Rows that stay as they are are
-- not touched, so nights that stay closed are closed at every moment. `echoes` are ranges that are new in the feed
-- that was just read and not marked as stays. In the database, because whoever frees nights must end up here.
create function settle_feeds(which uuid, moment timestamptz, echoes daterange[] default '{}') returns void
    language plpgsql as $$
declare
    wanted datemultirange;
begin
    -- One at a time for each property; a lock of its own, because those who come here at the end of a transaction may
    -- share the property's lock with others who do too.
    perform pg_advisory_xact_lock(23, hashtext(which::text));

    select coalesce(range_agg(nights), '{}') into wanted from feed_block where property_id = which;
    wanted := wanted - coalesce((
        select range_agg(blocked) from stay_block
        where property_id = which and kind <> 'feed' and blocked && range_merge(wanted)), '{}');

    delete from stay_block b
    where property_id = which and kind = 'feed' and not exists (select from unnest(wanted) w where w = b.blocked);
    insert into stay_block (id, property_id, blocked, kind, created_at)
    select gen_random_uuid(), which, w, 'feed', moment from unnest(wanted) w
    where not exists (select from stay_block b where b.property_id = which and b.blocked = w and b.kind = 'feed')
    -- Never a reason to refuse what freed the nights; the next fetch comes by again.
    on conflict on constraint stay_block_no_overlap do nothing;

    update feed_conflict k set resolved_at = moment
    where property_id = which and resolved_at is null
      and not exists (select from feed_clash c where c.property_id = which
                      and (c.feed_id, c.booking_id) = (k.feed_id, k.booking_id));
    update feed_conflict k set nights = c.nights from feed_clash c
    where c.property_id = which and (c.feed_id, c.booking_id) = (k.feed_id, k.booking_id)
      and k.resolved_at is null and k.nights <> c.nights;
    with found as (
        insert into feed_conflict (feed_id, booking_id, property_id, nights, likely_echo, found_at)
        select feed_id, booking_id, which, nights, daterange(check_in, check_out) = any (echoes), moment
        from feed_clash c
        where property_id = which
          and not exists (select from feed_conflict k where (k.feed_id, k.booking_id) = (c.feed_id, c.booking_id)
                          and k.resolved_at is null)
        on conflict (feed_id, booking_id) do update
        set nights = excluded.nights, likely_echo = excluded.likely_echo, found_at = excluded.found_at,
            resolved_at = null
        returning *
    )
    insert into outbox_event (kind, subject_id, payload, at)
    select 'feed.conflict', k.booking_id,
           jsonb_build_object('property_id', which, 'host_id', p.host_id, 'feed_id', k.feed_id, 'feed', f.name,
                              'from', lower(k.nights), 'to', upper(k.nights)), moment
    from found k join feed f on f.id = k.feed_id join property p on p.id = which
    where not k.likely_echo;
end
$$;

-- Whoever frees nights, moves a stay or confirms it: at the end of the transaction what feeds close there is closed
-- again. At its end, so that a stay can be moved by deleting and inserting without losing its nights to a feed between.
create function settle_feeds_after() returns trigger language plpgsql as $$
begin
    if exists (select from feed where property_id = old.property_id) then
        perform settle_feeds(old.property_id,
            coalesce((select updated_at from booking where id = old.booking_id), now()));
    end if;
    return null;
end
$$;
create constraint trigger stay_block_feeds after delete or update on stay_block
    deferrable initially deferred for each row when (old.kind <> 'feed')
    execute function settle_feeds_after();
