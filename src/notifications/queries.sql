-- Events become messages, messages become mails. `now` always comes from the caller's clock.

-- name: take_event
-- The next event nobody has dispatched, after $1: dispatchers side by side take different ones. Only its id, so that
-- one that cannot be read is passed over like one that cannot be told.
select id from outbox_event where dispatched_at is null and id > $1 order by id limit 1 for update skip locked;

-- name: find_event
-- What its payload says is read each member by itself, so that an event may say more than we know.
select id, kind, subject_id, at, coalesce(payload ->> 'from', '') as "from", coalesce(payload ->> 'status', '') as status,
       coalesce(payload ->> 'proposed_by', '') as proposed_by, coalesce(payload ->> 'address', '') as address,
       coalesce(payload ->> 'user_agent', '') as user_agent, coalesce(payload ->> 'feed', '') as feed,
       coalesce(payload ->> 'to', '') as "to",
       coalesce(payload ->> 'property_id', '') as property_id, coalesce(payload ->> 'refund_id', '') as refund_id,
       (payload #>> '{refund,total,amount}')::bigint as refund, (payload #>> '{refund,due,amount}')::bigint as refund_due
from outbox_event
where id = $1;

-- name: mark_dispatched
-- Whoever follows the booking that it is about hears of it in the moment this commits.
with done as (
    update outbox_event set dispatched_at = $2 where id = $1 returning kind, subject_id
)
select count(pg_notify('roost_news', format('booking %s %s %s', b.id, b.guest_id, b.host_id)))
from done join booking b on b.id = done.subject_id
where done.kind like 'booking.%';

-- name: note_failed_dispatch
-- After so many failures it is passed over for good.
update outbox_event
set dispatch_failures = dispatch_failures + 1, dispatched_at = case when dispatch_failures + 1 >= $2 then $3::timestamptz end
where id = $1 and dispatched_at is null
returning dispatched_at is not null;

-- name: booking_to_tell
-- A booking as both sides need it told. `reason` is that of the step the event is about ($2, a status).
select b.id as booking_id, b.property_id, b.status, b.check_in, b.check_out, b.guests, b.currency, b.total,
       b.host_payout, b.message, b.starts_at, b.ends_at, b.due_at, b.version, p.title as property, p.line, p.city,
       p.postcode, p.country, b.time_zone, b.check_in_time, p.check_out_time,
       coalesce((select reason from booking_history h where h.booking_id = b.id and h.to_status = $2
                 order by h.id desc limit 1), '') as reason,
       coalesce((select actor from booking_history h where h.booking_id = b.id and h.to_status = $2
                 order by h.id desc limit 1), 'system') as actor,
       jsonb_build_object('id', g.id, 'name', g.display_name, 'locale', g.locale, 'open', g.deactivated_at is null,
                          'has_address', g.email is not null) as guest,
       jsonb_build_object('id', h.id, 'name', h.display_name, 'locale', h.locale, 'open', h.deactivated_at is null,
                          'has_address', h.email is not null) as host
from booking b
join property p on p.id = b.property_id
join app_user g on g.id = b.guest_id
join app_user h on h.id = b.host_id
where b.id = $1;

-- name: property_to_tell
select p.id as property_id, p.title as property,
       jsonb_build_object('id', h.id, 'name', h.display_name, 'locale', h.locale, 'open', h.deactivated_at is null,
                          'has_address', h.email is not null) as host
from property p
join app_user h on h.id = p.host_id
where p.id = $1;

-- name: payment_to_tell
-- `amount` is what came, or was to come, or of the refund $2 what goes back. Its own number, and its booking's.
select p.booking_id, b.status as booking_status, l.title as property, coalesce(p.failure_reason, '') as failure_reason,
       p.currency, coalesce(f.amount, nullif(p.captured, 0), p.amount) as amount,
       coalesce((select receipt_number(r.year, r.sequence) from receipt r
                 where r.payment_id = p.id and r.refund_id is not distinct from coalesce(f.repeats, f.id)), '') as number,
       coalesce((select receipt_number(r.year, r.sequence) from receipt r
                 where r.booking_id = p.booking_id order by r.year, r.sequence limit 1), '') as receipt,
       jsonb_build_object('id', g.id, 'name', g.display_name, 'locale', g.locale, 'open', g.deactivated_at is null,
                          'has_address', g.email is not null) as guest
from payment p
join booking b on b.id = p.booking_id
join property l on l.id = b.property_id
join app_user g on g.id = p.guest_id
left join refund f on f.id = $2
where p.id = $1;

-- name: payout_to_tell
select o.currency, o.amount, coalesce(o.failure_reason, '') as failure_reason,
       jsonb_build_object('id', h.id, 'name', h.display_name, 'locale', h.locale, 'open', h.deactivated_at is null,
                          'has_address', h.email is not null) as host
from payout o
join app_user h on h.id = o.host_id
where o.id = $1;

-- name: admins_to_tell
select id, display_name as name, locale, true as open, email is not null as has_address
from app_user
where is_admin and deactivated_at is null
order by id;

-- name: review_to_tell
-- One that somebody wrote here, not an imported one.
select r.id as review_id, r.booking_id, r.direction, r.status, r.closes_at, p.title as property, b.time_zone,
       jsonb_build_object('id', a.id, 'name', a.display_name, 'locale', a.locale, 'open', a.deactivated_at is null,
                          'has_address', a.email is not null) as author,
       jsonb_build_object('id', s.id, 'name', s.display_name, 'locale', s.locale, 'open', s.deactivated_at is null,
                          'has_address', s.email is not null) as reviewed
from review_shown r
join booking b on b.id = r.booking_id
join property p on p.id = r.property_id
join app_user a on a.id = r.author_id
join app_user s on s.id = r.subject_id
where r.id = $1;

-- name: person_to_tell
select id, display_name as name, locale, deactivated_at is null as open, email is not null as has_address
from app_user
where id = $1;

-- name: switched_off
select channel from notification_off where user_id = $1 and category = $2;

-- name: insert_notification
-- Whoever follows theirs hears of it in the moment this commits.
with told as (
    insert into notification (id, user_id, dedupe_key, kind, title, text, subject_id, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8)
    on conflict (dedupe_key) do nothing
    returning id, user_id
)
select count(pg_notify('roost_news', format('notification %s %s', id, user_id))) from told;

-- name: insert_mail
insert into mail (id, user_id, dedupe_key, kind, side, locale, facts, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (dedupe_key) do nothing;

-- name: begin_mail
-- A mail that waits or is tried again by hand, and where it goes now; no address when there is nobody any more.
update mail m set attempts = m.attempts + 1, status = 'waiting', ended_at = null
from app_user u
where m.id = $1 and m.status in ('waiting', 'failed') and u.id = m.user_id
returning m.id, m.user_id, m.kind, m.side, m.locale, m.facts, m.created_at, u.display_name as name,
          case when u.deactivated_at is null then coalesce(u.email, '') else '' end as email;

-- name: end_mail
update mail set status = $2, last_error = $3, ended_at = $4 where id = $1 and status = 'waiting';

-- name: note_mail_failure
-- The last one ($3) ends it, until somebody retries the job.
update mail
set last_error = $2, status = case when $3 then 'failed' else status end, ended_at = case when $3 then $4::timestamptz end
where id = $1 and status = 'waiting';

-- name: keep_mail
insert into kept_mail (id, message, kept_at) values ($1, $2, $3) on conflict (id) do nothing;

-- name: forget_kept_mails
delete from kept_mail where id in (select id from kept_mail order by id desc offset $1);

-- name: list_kept_mails
-- The latest first, to one address or to all.
select message from kept_mail
where $1 = '' or lower(message -> 'to' ->> 'email') = lower($1)
order by id desc limit $2;

-- name: find_kept_mail
select message from kept_mail where id = $1;

-- name: forget_old_mails
-- Also what was begun and still waits: its job is dead by then, killed at its last try, say.
delete from mail where id in (
    select id from mail where created_at < $1 and (status <> 'waiting' or attempts > 0) order by created_at limit $2);

-- name: forget_old_notifications
delete from notification where id in (
    select id from notification where created_at < $1 order by created_at limit $2);

-- name: list_notifications
select id, kind, title, text, subject_id, created_at, read_at from notification
where user_id = $1 and ($2::uuid is null or id < $2) and (not $3 or read_at is null)
order by id desc limit $4;

-- name: list_notifications_before
-- The page before: oldest first, to be turned around.
select id, kind, title, text, subject_id, created_at, read_at from notification
where user_id = $1 and id > $2 and (not $3 or read_at is null)
order by id limit $4;

-- name: find_notification
select id, kind, title, text, subject_id, created_at, read_at from notification where id = $1 and user_id = $2;

-- name: count_notifications
select count(*) from notification where user_id = $1 and (not $2 or read_at is null);

-- name: read_notification
-- Read once stays read since then.
update notification set read_at = coalesce(read_at, $3) where id = $1 and user_id = $2
returning id, kind, title, text, subject_id, created_at, read_at;

-- name: read_all
update notification set read_at = $2 where user_id = $1 and read_at is null;

-- name: list_switched_off
select category, channel from notification_off where user_id = $1;

-- name: switch_off
insert into notification_off (user_id, category, channel) values ($1, $2, $3) on conflict do nothing;

-- name: switch_on
delete from notification_off where user_id = $1 and category = $2 and channel = $3;

-- name: make_unsubscribe_key
insert into unsubscribe_key (user_id, key) values ($1, $2) on conflict do nothing;

-- name: find_unsubscribe_key
select k.key, u.locale from unsubscribe_key k join app_user u on u.id = k.user_id where k.user_id = $1;
