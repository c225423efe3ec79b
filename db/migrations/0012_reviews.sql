-- Reviews after a stay, in both directions, and what moderation does with them (domain rules, 4.4).
set local lock_timeout = '2s';

create table review (
    id uuid primary key,
    property_id uuid not null references property,
    -- Null for an imported one: nobody stayed there through us.
    booking_id uuid references booking,
    direction text not null check (direction in ('guest_to_property', 'host_to_guest')),
    -- Null for an imported one, whose author is only a name.
    author_id uuid references app_user,
    author_name text,
    -- Who is judged: the host for a property, the guest for a guest.
    subject_id uuid not null references app_user,
    -- Where an imported one comes from, and its id there, so that importing again finds it.
    source text,
    external_id text,
    -- Whole stars, 1 to 5. An imported one has none: its stars are in the numbers its listing came with.
    rating int,
    cleanliness int,
    accuracy int,
    check_in int,
    communication int,
    location int,
    value int,
    comment text not null,
    -- One public word of the side that was judged.
    reply text,
    replied_at timestamptz,
    -- Until then it may be written and changed, and is hidden from the other side unless both have written.
    closes_at timestamptz,
    -- Since when it is public; null while it is blind. Written together with the numbers below, by whoever comes first:
    -- the other side's review, the job, or a reader who finds the time over.
    published_at timestamptz,
    -- An admin has taken it out of sight.
    hidden_at timestamptz,
    -- A later stay's review of the same author stands in its place.
    superseded_at timestamptz,
    -- Whether it was written under the rule "one review of a guest for a property": a setting, so the row remembers.
    one_per_property boolean not null default false,
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- What everybody sees, in one word, so that lists and sums cannot mean different things by it.
    listed boolean not null generated always as
        (published_at is not null and hidden_at is null and superseded_at is null) stored,

    constraint review_once unique (booking_id, direction),
    constraint review_imported_once unique (source, external_id),
    constraint review_origin check (case when source is null
        then booking_id is not null and author_id is not null and author_name is null and external_id is null
            and rating is not null and closes_at is not null
        else booking_id is null and author_id is null and author_name is not null and external_id is not null
            and rating is null and published_at is not null end),
    constraint review_stars check (rating between 1 and 5 and cleanliness between 1 and 5 and accuracy between 1 and 5
        and check_in between 1 and 5 and communication between 1 and 5 and location between 1 and 5
        and value between 1 and 5),
    constraint review_reply check ((reply is null) = (replied_at is null)),
    -- The rule of that setting. At the commit, because a review takes the place of another within one transaction.
    constraint review_one_per_property exclude using btree (author_id with =, property_id with =)
        where (one_per_property and direction = 'guest_to_property' and published_at is not null
            and superseded_at is null)
        deferrable initially deferred
);
-- Lists are newest first.
create index review_of_property on review (property_id, published_at, id)
    where listed and direction = 'guest_to_property';
create index review_of_person on review (subject_id, published_at, id) where listed;
-- What an author has written, whatever its state: the rule above, and a person's own data.
create index review_by_author on review (author_id, property_id, closes_at) where author_id is not null;
-- What has to be published. Nearly always everything that is due has been, so a look at its beginning finds nothing.
create index review_due on review (closes_at) where published_at is null and superseded_at is null;

-- Which of a property's versions are due to reviews and not to its host: an import leaves alone what a host changed.
alter table property add column rating_version int not null default 0;
-- As of a property: what hosts say of a guest, in hundredths of stars.
alter table app_user
    add column guest_rating_count int not null default 0,
    add column guest_rating_points bigint not null default 0,
    add constraint app_user_guest_ratings
        check (guest_rating_count >= 0 and guest_rating_points between 0 and 500 * guest_rating_count::bigint);

-- The sums follow the rows, here and not in each statement: none can forget them. The row lock of the update makes
-- those who publish at the same time take turns.
create function count_review() returns trigger language plpgsql as $$
declare
    was_counted boolean := tg_op = 'UPDATE' and old.listed and old.rating is not null;
    is_counted boolean := new.listed and new.rating is not null;
    more int := is_counted::int - was_counted::int;
    points int := 0;
begin
    if is_counted then points := 100 * new.rating; end if;
    if was_counted then points := points - 100 * old.rating; end if;
    if more = 0 and points = 0 then return null; end if;
    if new.direction = 'guest_to_property' then
        update property
        set rating_count = rating_count + more, rating_points = rating_points + points, version = version + 1,
            rating_version = rating_version + 1, updated_at = greatest(updated_at, new.updated_at)
        where id = new.property_id;
    else
        update app_user
        set guest_rating_count = guest_rating_count + more, guest_rating_points = guest_rating_points + points,
            version = version + 1, updated_at = greatest(updated_at, new.updated_at)
        where id = new.subject_id;
    end if;
    return null;
end $$;
-- The conditions keep imports, which have no stars, and most changes from calling it at all.
create trigger review_inserted after insert on review
    for each row when (new.listed and new.rating is not null) execute function count_review();
create trigger review_updated after update on review
    for each row when ((old.listed or new.listed) and new.rating is not null) execute function count_review();

-- A review as the API shows it, for every statement that reads one.
create view review_shown as
select r.id, r.property_id, r.booking_id, r.direction, r.author_id,
       -- Nobody's name outlives the account.
       coalesce(r.author_name, case when a.deactivated_at is null then a.display_name end) as author_name,
       r.subject_id, r.rating, r.cleanliness, r.accuracy, r.check_in, r.communication, r.location, r.value, r.comment,
       r.source is not null as imported, r.reply, r.replied_at,
       case when r.superseded_at is not null then 'superseded'
            when r.hidden_at is not null then 'hidden'
            when r.published_at is null then 'pending'
            else 'published' end as status,
       r.closes_at, r.published_at, r.version, r.created_at, r.updated_at,
       r.listed, r.superseded_at
from review r left join app_user a on a.id = r.author_id;

-- Somebody's objection; one a person.
create table review_report (
    id uuid primary key,
    review_id uuid not null references review,
    reporter_id uuid not null references app_user,
    reason text not null,
    created_at timestamptz not null,
    -- An admin has hidden the review, or has decided that it stays.
    answered_at timestamptz,
    constraint review_report_once unique (review_id, reporter_id)
);
-- The admins' list, oldest first.
create index review_report_open on review_report (id) where answered_at is null;

-- What admins did with reviews, and why. Append only.
create table review_moderation (
    id bigint generated always as identity primary key,
    review_id uuid not null references review,
    admin_id uuid not null references app_user,
    action text not null check (action in ('hide', 'restore')),
    reason text not null,
    at timestamptz not null
);
create index review_moderation_review on review_moderation (review_id, id);

-- COPY fills it, batch by batch; as the other staging tables.
create unlogged table import_review (
    listing_external_id text not null,
    external_id text not null,
    author_name text not null,
    written date not null,
    comment text not null
);
