-- Reviews. `now` always comes from the caller's clock. Everything that writes one takes its property's row first, so
-- that writers of one property's reviews take turns; what it then reads, in a statement of its own, is the latest.

-- name: lock_stay
-- A booking of which somebody is the guest or the host. Its own zone, whatever the property's is by now: a host who
-- moves west would have until after the guest's review is public.
select b.id as booking_id, b.property_id, b.guest_id, b.host_id, b.status, b.check_out, b.time_zone
from booking b join property p on p.id = b.property_id
where b.id = $1 and $2 in (b.guest_id, b.host_id)
for no key update of p;

-- name: stays
-- The same of several, for reading; an admin ($3) may as well.
select b.id as booking_id, b.property_id, b.guest_id, b.host_id, b.status, b.check_out, b.time_zone
from booking b
where b.id = any ((select $1::uuid[])::uuid[]) and ($2 in (b.guest_id, b.host_id) or $3);

-- name: lock_property
select id from property where id = $1 for no key update;

-- name: lock_property_of_review
select p.id from property p where p.id = (select property_id from review where id = $1) for no key update;

-- name: has_reviewed_later_stay
-- Whether this guest has reviewed the property ($2) after a stay that closes later.
select exists (
    select from review
    where author_id = $1 and property_id = $2 and direction = 'guest_to_property' and closes_at > $3);

-- name: insert_review
-- Nothing when this side has reviewed the stay. With an event for the other side, which says nothing of what it says.
with written as (
    insert into review (id, property_id, booking_id, direction, author_id, subject_id, rating, cleanliness, accuracy,
                        check_in, communication, location, value, comment, closes_at, one_per_property, created_at,
                        updated_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)
    on conflict on constraint review_once do nothing
    returning *
)
insert into outbox_event (kind, subject_id, payload, at)
select 'review.received', id,
       jsonb_build_object('property_id', property_id, 'booking_id', booking_id, 'direction', direction,
                          'author_id', author_id, 'subject_id', subject_id), $17
from written;

-- name: publish_booking
-- Once both sides have written, both are public. Gives the authors.
with published as (
    update review set published_at = $2, version = version + 1, updated_at = $2
    where booking_id = $1 and published_at is null and superseded_at is null
      and (select count(*) from review where booking_id = $1) = 2
    returning *
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'review.published', id,
           jsonb_build_object('property_id', property_id, 'booking_id', booking_id, 'direction', direction,
                              'author_id', author_id, 'subject_id', subject_id), $2
    from published where hidden_at is null
)
select author_id from published;

-- name: publish_due
-- What no other side has answered in time is public since the time was over, whenever this is noticed.
with published as (
    update review set published_at = closes_at, version = version + 1, updated_at = $2
    where property_id = $1 and published_at is null and superseded_at is null and closes_at <= $2
    returning *
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'review.published', id,
           jsonb_build_object('property_id', property_id, 'booking_id', booking_id, 'direction', direction,
                              'author_id', author_id, 'subject_id', subject_id), $2
    from published where hidden_at is null
)
select author_id from published;

-- name: supersede
-- A published review of a later stay takes the place of those the same guests ($2) wrote before, blind or public.
update review r set superseded_at = $3, version = version + 1, updated_at = $3
where r.property_id = $1 and r.author_id = any ($2::uuid[]) and r.direction = 'guest_to_property'
  and r.superseded_at is null
  and exists (
      select from review l
      where l.author_id = r.author_id and l.property_id = r.property_id and l.direction = r.direction
        and l.one_per_property and l.published_at is not null and (l.closes_at, l.id) > (r.closes_at, r.id));

-- name: properties_with_due
select distinct property_id from review
where published_at is null and superseded_at is null and closes_at <= $1
limit $2;

-- name: find_reviews
select * from review_shown where id = any ((select $1::uuid[])::uuid[]);

-- name: reviews_of_bookings
select booking_id as whose, v.* from review_shown v where booking_id = any ((select $1::uuid[])::uuid[]);

-- name: update_review
update review set rating = $2, cleanliness = $3, accuracy = $4, check_in = $5, communication = $6, location = $7,
                  value = $8, comment = $9, version = version + 1, updated_at = $10
where id = $1;

-- name: reply_to_review
-- Nothing when there is a reply. With an event for the author.
with replied as (
    update review set reply = $2, replied_at = $3, version = version + 1, updated_at = $3
    where id = $1 and reply is null
    returning *
)
insert into outbox_event (kind, subject_id, payload, at)
select 'review.replied', id,
       jsonb_build_object('property_id', property_id, 'booking_id', booking_id, 'direction', direction,
                          'author_id', author_id, 'subject_id', subject_id), $3
from replied;

-- name: insert_report
insert into review_report (id, review_id, reporter_id, reason, created_at) values ($1, $2, $3, $4, $5)
on conflict on constraint review_report_once do nothing;

-- name: hide_review
-- Nothing when it is hidden. What was reported of it is answered.
with hidden as (
    update review set hidden_at = $4, version = version + 1, updated_at = $4
    where id = $1 and hidden_at is null
    returning id
), answered as (
    update review_report set answered_at = $4
    where review_id in (select id from hidden) and answered_at is null
)
insert into review_moderation (review_id, admin_id, action, reason, at) select id, $2, 'hide', $3, $4 from hidden;

-- name: restore_review
-- Shows it again, or lets it stay and answers what was reported of it. Nothing when there is neither to do. What was
-- hidden before it was published becomes public only now, and is told.
with hidden as (
    select id, hidden_at < published_at as untold from review where id = $1 and hidden_at is not null
), restored as (
    update review r set hidden_at = null, version = version + 1, updated_at = $4
    from hidden where r.id = hidden.id
    returning r.*, hidden.untold
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'review.published', id,
           jsonb_build_object('property_id', property_id, 'booking_id', booking_id, 'direction', direction,
                              'author_id', author_id, 'subject_id', subject_id), $4
    from restored where untold and superseded_at is null
), answered as (
    update review_report set answered_at = $4 where review_id = $1 and answered_at is null
    returning review_id
)
insert into review_moderation (review_id, admin_id, action, reason, at)
select id, $2, 'restore', $3, $4 from (select id from restored union select review_id from answered) touched(id);

-- name: reviewed_property
-- Who may see its reviews, and whether some are due to be published.
select status, host_id, exists (
    select from review
    where property_id = $1 and published_at is null and superseded_at is null and closes_at <= $2) as due
from property where id = $1 and status <> 'deleted';

-- name: reviewed_people
-- Those that are there, and the properties where something about them is due to be published.
select id, array (
    select distinct property_id from review
    where subject_id = u.id and published_at is null and superseded_at is null and closes_at <= $2 limit 100) as due
from app_user u where id = any ((select $1::uuid[])::uuid[]) and deactivated_at is null;

-- name: reviews_of_property
-- Newest first, before ($3, $4); only those with at least so many stars ($2).
select v.*, (extract(epoch from published_at) * 1000000)::bigint as key from review_shown v
where property_id = $1 and direction = 'guest_to_property' and listed and ($2::int is null or rating >= $2)
  and (published_at, id) < ($3::timestamptz, $4::uuid)
order by published_at desc, id desc limit $5;

-- name: reviews_of_properties
-- The first page of each property, newest first, and whether some are due to be published; a row without a review for a
-- property that has none.
select p.id as of_property, p.status as property_status, p.host_id, exists (
    select from review d
    where d.property_id = p.id and d.published_at is null and d.superseded_at is null and d.closes_at <= $4) as due,
    r.*
from property p left join lateral (
    select v.*, (extract(epoch from published_at) * 1000000)::bigint as key from review_shown v
    where v.property_id = p.id and direction = 'guest_to_property' and listed and ($2::int is null or rating >= $2)
    order by published_at desc, v.id desc limit $3) r on true
where p.id = any ((select $1::uuid[])::uuid[]) and p.status <> 'deleted';

-- name: reviews_of_property_before
select v.*, (extract(epoch from published_at) * 1000000)::bigint as key from review_shown v
where property_id = $1 and direction = 'guest_to_property' and listed and ($2::int is null or rating >= $2)
  and (published_at, id) > ($3::timestamptz, $4::uuid)
order by published_at, id limit $5;

-- name: reviews_of_property_best
-- Most stars first; those without any count as $6.
select v.*, coalesce(rating, $6)::bigint as key from review_shown v
where property_id = $1 and direction = 'guest_to_property' and listed and ($2::int is null or rating >= $2)
  and (coalesce(rating, $6), id) < ($3::int, $4::uuid)
order by coalesce(rating, $6) desc, id desc limit $5;

-- name: reviews_of_property_worst
select v.*, coalesce(rating, $6)::bigint as key from review_shown v
where property_id = $1 and direction = 'guest_to_property' and listed and ($2::int is null or rating >= $2)
  and (coalesce(rating, $6), id) > ($3::int, $4::uuid)
order by coalesce(rating, $6), id limit $5;

-- name: count_reviews_of_property
select count(*) from review
where property_id = $1 and direction = 'guest_to_property' and listed and ($2::int is null or rating >= $2);

-- name: reviews_of_people
-- What was said about each, newest first, before ($3, $4); in both directions or one ($2); so many of each.
select r.* from unnest((select $1::uuid[])) person cross join lateral (
    select person as whose, v.*, (extract(epoch from published_at) * 1000000)::bigint as key from review_shown v
    where subject_id = person and listed and ($2::text is null or direction = $2)
      and (published_at, id) < ($3::timestamptz, $4::uuid)
    order by published_at desc, id desc limit $5) r;

-- name: reviews_of_people_before
select r.* from unnest((select $1::uuid[])) person cross join lateral (
    select person as whose, v.*, (extract(epoch from published_at) * 1000000)::bigint as key from review_shown v
    where subject_id = person and listed and ($2::text is null or direction = $2)
      and (published_at, id) > ($3::timestamptz, $4::uuid)
    order by published_at, id limit $5) r;

-- name: count_reviews_of_people
select person as whose, (
    select count(*) from review
    where subject_id = person and listed and ($2::text is null or direction = $2)) as "row"
from unnest((select $1::uuid[])) person;

-- name: reports
-- Oldest first, after $2; open ones, or with $1 those that were answered.
select r.id, 0::bigint as key, r.review_id, v.property_id, v.rating, v.comment, v.status, r.reporter_id,
       coalesce(u.display_name, '') as reporter_name, r.reason, r.created_at, r.answered_at
from review_report r join review_shown v on v.id = r.review_id join app_user u on u.id = r.reporter_id
where (r.answered_at is not null) = $1 and r.id > $2 order by r.id limit $3;

-- name: reports_before
select r.id, 0::bigint as key, r.review_id, v.property_id, v.rating, v.comment, v.status, r.reporter_id,
       coalesce(u.display_name, '') as reporter_name, r.reason, r.created_at, r.answered_at
from review_report r join review_shown v on v.id = r.review_id join app_user u on u.id = r.reporter_id
where (r.answered_at is not null) = $1 and r.id < $2 order by r.id desc limit $3;
