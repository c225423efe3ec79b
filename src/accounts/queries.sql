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

-- name: find_profile
select id, username, display_name, bio, avatar_url, is_host, email_verified, phone_verified,
       round(guest_rating_points::numeric / nullif(guest_rating_count, 0))::int / 100.0::float8 as guest_rating,
       guest_rating_count, version, created_at
from app_user
where id = $1 and deactivated_at is null;

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
), ended as (
    update session s
    set ended_at = $4, end_reason = 'password_changed'
    from changed c
    where s.user_id = c.id and s.ended_at is null
    returning s.id
)
select (select count(*) from changed) as changed, count(pg_notify('session_ended', id::text)) as told from ended;

-- name: insert_session
-- Only while the password that was checked is still the account's.
insert into session (id, user_id, family_hash, current_hash, cookies, address, network, user_agent, created_at,
                     last_used_at, expires_at)
select $1::uuid, u.id, $4::bytea, $5::bytea, $6::boolean, $7::text, $8::text, $9::text, $10::timestamptz,
       $10::timestamptz, $11::timestamptz
from app_user u
where u.id = $2 and u.password_hash = $3 and u.deactivated_at is null;

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
