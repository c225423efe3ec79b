-- Every statement about people, sessions and signing keys. "Ending" statements tell all processes through the channel
-- session_ended, which delivers exactly if the change commits.

-- name: insert_user
insert into app_user (id, username, email, password_hash, display_name, locale, is_host, is_admin, email_verified,
                      created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
returning id, username, email, display_name, phone, bio, avatar_url, locale, is_host, is_admin, email_verified,
          phone_verified, version, created_at, updated_at;

-- name: find_user
select id, username, email, display_name, phone, bio, avatar_url, locale, is_host, is_admin, email_verified,
       phone_verified, version, created_at, updated_at
from app_user
where id = $1 and deactivated_at is null;

-- name: find_user_by_username
select id, username, email, display_name, phone, bio, avatar_url, locale, is_host, is_admin, email_verified,
       phone_verified, version, created_at, updated_at
from app_user
where lower(username) = lower($1) and deactivated_at is null;

-- name: lock_user
select id, username, email, display_name, phone, bio, avatar_url, locale, is_host, is_admin, email_verified,
       phone_verified, version, created_at, updated_at
from app_user
where id = $1 and deactivated_at is null
for update;

-- name: update_user
update app_user
set display_name = $2, phone = $3, phone_verified = phone_verified and phone is not distinct from $3, bio = $4,
    avatar_url = $5, locale = $6, is_host = $7, is_admin = $8, version = version + 1, updated_at = $9
where id = $1
returning id, username, email, display_name, phone, bio, avatar_url, locale, is_host, is_admin, email_verified,
          phone_verified, version, created_at, updated_at;

-- name: find_profiles
select id, username, display_name, bio, avatar_url, is_host, email_verified, phone_verified,
       round(guest_rating_points::numeric / nullif(guest_rating_count, 0))::int / 100.0::float8 as guest_rating,
       guest_rating_count, version, created_at
from app_user
where id = any ((select $1::uuid[])::uuid[]) and deactivated_at is null;

-- name: deactivate_user
update app_user
set deactivated_at = $2, version = version + 1, updated_at = $2
where id = $1 and deactivated_at is null;

-- name: find_credentials
-- `known`: this account has signed in from that network lately.
select u.id as user_id, u.is_host, u.is_admin, coalesce(u.password_hash, '') as password_hash,
       exists (select from session s where s.user_id = u.id and s.network = $2 and s.created_at > $3) as known
from app_user u
where (lower(u.username) = lower($1) or lower(u.email) = lower($1)) and u.deactivated_at is null;

-- name: find_credentials_of
select u.id as user_id, u.is_host, u.is_admin, coalesce(u.password_hash, '') as password_hash, true as known
from app_user u
where u.id = $1 and u.deactivated_at is null;

-- name: replace_password_hash
-- The same password at another cost; nothing when it was changed meanwhile.
update app_user set password_hash = $3 where id = $1 and password_hash = $2;

-- name: change_password
with changed as (
    update app_user
    set password_hash = $3, version = version + 1, updated_at = $4
    where id = $1 and password_hash = $2 and deactivated_at is null
    returning id
), told as (
    insert into outbox_event (kind, subject_id, payload, at) select 'account.password_changed', id, '{}', $4 from changed
), ended as (
    update session s
    set ended_at = $4, end_reason = 'password_changed'
    from changed c
    where s.user_id = c.id and s.ended_at is null
    returning s.id
)
select (select count(*) from changed) as changed, count(pg_notify('session_ended', id::text)) as told from ended;

-- name: insert_session
-- Only while the password that was checked is still the account's. Somebody who has signed in before, but never with
-- this client from around here, is told: addresses of one /24 or /64 are one place, since providers move people about.
-- Of more live sessions than the list shows those unused for longest end.
with person as (
    select id from app_user where id = $2 and password_hash = $3 and deactivated_at is null
), seen as (
    select exists (select from session s where s.user_id = $2) as ever,
           exists (select from session s
                   where s.user_id = $2 and s.user_agent = $9 and s.place in ($12, '')) as alike
), made as (
    insert into session (id, user_id, family_hash, current_hash, cookies, address, network, user_agent, created_at,
                         last_used_at, expires_at, place)
    select $1::uuid, id, $4::bytea, $5::bytea, $6::boolean, $7::text, $8::text, $9::text, $10::timestamptz,
           $10::timestamptz, $11::timestamptz, $12
    from person
    returning id, user_id
), told as (
    insert into outbox_event (kind, subject_id, payload, at)
    select 'account.signed_in', made.user_id,
           jsonb_build_object('session_id', made.id, 'address', $7::text, 'user_agent', $9::text), $10
    from made, seen
    where seen.ever and not seen.alike
), too_many as (
    select s.id
    from session s
    join made on s.user_id = made.user_id
    where s.ended_at is null and s.expires_at > $10
    order by s.last_used_at desc, s.id
    offset 99
), ended as (
    update session set ended_at = $10, end_reason = 'ended' where id in (select id from too_many) returning id
)
select (select count(*) from made) as made, count(pg_notify('session_ended', id::text)) as told from ended;

-- name: find_live_session
select s.id as session, u.id as "user", u.is_host, u.is_admin
from session s
join app_user u on u.id = s.user_id
where s.id = $1 and s.user_id = $2 and s.ended_at is null and s.expires_at > $3 and u.deactivated_at is null;

-- name: rotate_session
update session s
set previous_hash = s.current_hash, current_hash = $3, successor_salt = $4, rotated_at = $6, last_used_at = $6
from app_user u
where s.family_hash = $1 and s.current_hash = $2 and s.cookies = $5 and s.ended_at is null and s.expires_at > $6
  and u.id = s.user_id and u.deactivated_at is null
returning s.id as session, u.id as "user", u.is_host, u.is_admin, s.successor_salt, s.expires_at;

-- name: repeat_rotation
select s.id as session, u.id as "user", u.is_host, u.is_admin, s.successor_salt, s.expires_at
from session s
join app_user u on u.id = s.user_id
where s.family_hash = $1 and s.previous_hash = $2 and s.cookies = $3 and s.rotated_at > $5 and s.ended_at is null
  and s.expires_at > $4 and u.deactivated_at is null;

-- name: end_reused_family
-- Not for the current token, nor for the last one within the grace time: those two are nobody's theft.
with ended as (
    update session
    set ended_at = $3, end_reason = 'reuse'
    where family_hash = $1 and current_hash <> $2 and ended_at is null
      and not (previous_hash is not distinct from $2 and rotated_at > $4)
    returning id
)
select count(pg_notify('session_ended', id::text)) from ended;

-- name: end_session
with ended as (
    update session
    set ended_at = $3, end_reason = $4
    where id = $1 and user_id = $2 and ended_at is null and expires_at > $3
    returning id
)
select count(pg_notify('session_ended', id::text)) from ended;

-- name: end_all_sessions
with ended as (
    update session
    set ended_at = $2, end_reason = $3
    where user_id = $1 and ended_at is null
    returning id
)
select count(pg_notify('session_ended', id::text)) from ended;

-- name: announce_sessions
-- Their roles changed: whoever remembers them asks again.
select count(pg_notify('session_ended', id::text)) from session where user_id = $1 and ended_at is null;

-- name: list_sessions
select id, id = $2 as current, cookies as in_browser, address, user_agent, created_at, last_used_at, expires_at
from session
where user_id = $1 and ended_at is null and expires_at > $3
order by last_used_at desc, id
limit 100;

-- name: delete_old_sessions
delete from session where id in (select id from session where expires_at < $1 order by expires_at limit 1000);

-- name: lock_signing_keys
-- One process at a time makes or rotates keys.
select pg_advisory_xact_lock(hashtext('roost signing keys')) is null;

-- name: list_signing_keys
select kid, private_key, signs_from, verifies_until, created_at from signing_key order by signs_from, kid;

-- name: insert_signing_key
insert into signing_key (kid, private_key, signs_from, created_at) values ($1, $2, $3, $4);

-- name: retire_signing_keys
-- All but this one.
update signing_key
set verifies_until = least(coalesce(verifies_until, 'infinity'), $2)
where kid <> $1;

-- name: delete_signing_keys
delete from signing_key where verifies_until < $1;

-- name: tell
-- Something for other features to tell the person.
insert into outbox_event (kind, subject_id, payload, at) values ($1, $2, $3, $4);

-- name: ask_reset
-- An event in any case, so that an unknown address costs the same; that of nobody is dropped when it is dispatched.
insert into outbox_event (kind, subject_id, payload, at)
select 'account.reset_asked',
       coalesce((select id from app_user where lower(email) = lower($1) and deactivated_at is null),
                '00000000-0000-0000-0000-000000000000'),
       '{}', $2;

-- name: insert_account_token
insert into account_token (hash, user_id, purpose, email, created_at, expires_at)
select $1, id, $3, email, $4, $5 from app_user where id = $2 and email is not null and deactivated_at is null;

-- name: person_of_token
select u.id, u.username, u.email, u.display_name, u.phone, u.bio, u.avatar_url, u.locale, u.is_host, u.is_admin,
       u.email_verified, u.phone_verified, u.version, u.created_at, u.updated_at
from account_token t
join app_user u on u.id = t.user_id
where t.hash = $1 and t.purpose = $2 and t.expires_at > $3 and lower(u.email) = lower(t.email)
  and u.deactivated_at is null;

-- name: use_token
-- Of those who use one token at once, one gets the person. All others of the purpose go with it.
with used as (
    delete from account_token where hash = $1 and purpose = $2 and expires_at > $3 returning user_id, email
), others as (
    delete from account_token t using used where t.user_id = used.user_id and t.purpose = $2 and t.hash <> $1
)
select u.id
from used
join app_user u on u.id = used.user_id
where lower(u.email) = lower(used.email) and u.deactivated_at is null;

-- name: mark_email_verified
update app_user set email_verified = true, version = version + 1, updated_at = $2
where id = $1 and not email_verified;

-- name: reset_password
-- Whoever has the token reads the mail, so the address is proved as well.
with changed as (
    update app_user
    set password_hash = $2, email_verified = true, version = version + 1, updated_at = $3
    where id = $1 and deactivated_at is null
    returning id
), told as (
    insert into outbox_event (kind, subject_id, payload, at) select 'account.password_changed', id, '{}', $3 from changed
), ended as (
    update session s
    set ended_at = $3, end_reason = 'password_changed'
    from changed c
    where s.user_id = c.id and s.ended_at is null
    returning s.id
)
select (select count(*) from changed) as changed, count(pg_notify('session_ended', id::text)) as told from ended;

-- name: delete_old_tokens
delete from account_token where hash in (
    select hash from account_token where expires_at < $1 order by expires_at limit 1000);
