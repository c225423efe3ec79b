-- People, how they sign in, and the keys that sign their access tokens.
set local lock_timeout = '2s';

create table app_user (
    id uuid primary key,
    -- As typed; unique without regard to case by the index below. ASCII only, so lower() means the same everywhere.
    username text not null,
    -- Null for people an import created: they have no address until they claim their account.
    email text,
    -- A PHC string (Argon2id). Null: nobody can sign in with a password.
    password_hash text,
    display_name text not null,
    -- Two flags and not a set: everybody is a guest, and these are all the roles there are.
    is_host boolean not null default false,
    is_admin boolean not null default false,
    phone text,
    bio text not null default '',
    avatar_url text,
    locale text not null default 'en',
    email_verified boolean not null default false,
    phone_verified boolean not null default false,
    -- Where an imported person comes from and what they are called there, so that importing again finds them.
    external_source text,
    external_id text,
    -- The account is closed: no sign-in, no profile. The row stays for the bookings it took part in.
    deactivated_at timestamptz,
    -- Every change adds one; ETags are made of it.
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint app_user_external check ((external_source is null) = (external_id is null))
);
-- Their names are the application's: a violation becomes username_taken or email_taken.
create unique index app_user_username on app_user (lower(username));
create unique index app_user_email on app_user (lower(email));
create unique index app_user_external_id on app_user (external_source, external_id);

-- A sign-in that lasts: one refresh token that changes at every use, and the access tokens made with it.
create table session (
    id uuid primary key,
    user_id uuid not null references app_user,
    -- SHA-256 of the two halves of the refresh token. The first half stays the same as long as the session lives and
    -- finds it; the second changes. So a token that is neither the current nor the last one of its session is known
    -- to be an old one without keeping every old one. A copy of this table lets nobody in.
    family_hash bytea not null,
    current_hash bytea not null,
    -- The token before, when it was replaced, and what its successor was derived with: who repeats the last refresh
    -- within the grace time, because the reply was lost, gets the same successor.
    previous_hash bytea,
    successor_salt text,
    rotated_at timestamptz,
    -- The tokens live in a browser's cookies and need a CSRF token beside them.
    cookies boolean not null,
    address text not null,
    -- The address, or its /64 for IPv6: where this account has signed in from is not a stranger's place.
    network text not null,
    user_agent text not null,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    constraint session_end check ((ended_at is null) = (end_reason is null)),
    constraint session_end_reason
        check (end_reason in ('logout', 'logout_all', 'ended', 'reuse', 'password_changed', 'deactivated'))
);
create unique index session_family on session (family_hash);
-- Lists a person's live sessions and ends them all; also tells known networks.
create index session_by_user on session (user_id, created_at desc);
-- For deleting old ones.
create index session_expires_at on session (expires_at);

-- Ed25519 key pairs. `private_key` is a PEM, or "sealed:" and that PEM under AES-256-GCM when ROOST_AUTH_SECRET is set.
create table signing_key (
    kid text primary key,
    private_key text not null,
    -- A key is published some minutes before it signs, so that every process and every cache of the JWKS has it.
    signs_from timestamptz not null,
    -- Null until a younger key replaces it.
    verifies_until timestamptz,
    created_at timestamptz not null
);
-- Reporting roles are given tables by name or by `all tables`; these two hold what lets people in.
revoke all on signing_key, session from public;
