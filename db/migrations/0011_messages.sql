-- What is said to people: notifications, mails, and the tokens that mails carry.
set local lock_timeout = '2s';

-- An event is dispatched in the transaction that makes its messages, so each makes them once. What happened before
-- this release is no news any more: the default marks it, and is taken away again without a row being rewritten.
alter table outbox_event add column dispatched_at timestamptz default now();
alter table outbox_event alter column dispatched_at drop default;
-- An event that cannot be dispatched is tried a few times and then passed over, so that it stops nobody else's.
alter table outbox_event add column dispatch_failures int not null default 0;
create index outbox_event_waiting on outbox_event (id) where dispatched_at is null;

-- A token that came by mail: proves an address, or sets a new password. SHA-256 of 32 random bytes, so a copy of the
-- table opens nothing. A mail that is sent twice has two, and using one deletes all of the person and purpose.
create table account_token (
    hash bytea primary key,
    user_id uuid not null references app_user,
    purpose text not null check (purpose in ('verify_email', 'reset_password')),
    -- Where it was sent: it proves that address and no later one.
    email text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index account_token_user on account_token (user_id, purpose);
create index account_token_expires_at on account_token (expires_at);
revoke all on account_token from public;

-- Roughly where a session signed in from: the /24 or /64 of its address. Another client or another place is worth a
-- mail. Empty for sessions from before this was kept, which count as every place.
alter table session add column place text not null default '';

-- What somebody is told inside the application, in their language at the time.
create table notification (
    id uuid primary key,
    user_id uuid not null references app_user,
    -- What it tells of, to whom: a second attempt to tell it finds it told.
    dedupe_key text not null unique,
    kind text not null,
    title text not null,
    text text not null,
    -- The booking, property or session it is about; what kind of thing follows from `kind`.
    subject_id uuid not null,
    created_at timestamptz not null,
    read_at timestamptz
);
-- Lists are newest first, and ids are made in order of time.
create index notification_user on notification (user_id, id);
-- Counted at every look, so it must not grow with what was read.
create index notification_unread on notification (user_id, id) where read_at is null;

-- Only what was switched off: new kinds are on for everybody. Which may be switched off is the application's rule.
create table notification_off (
    user_id uuid not null references app_user,
    category text not null,
    channel text not null check (channel in ('mail', 'in_app')),
    primary key (user_id, category, channel)
);

-- Signs the links by which a person's mails are unsubscribed from, without signing in. One key a person, so that no
-- link says anything about another person's, and all links of one can be made void.
create table unsubscribe_key (
    user_id uuid primary key references app_user,
    key bytea not null
);

-- A mail to be sent. Not its text: that is made when it is sent, to the address the person has then, and with a token
-- where one is due, which is stored nowhere else.
create table mail (
    -- Also its Message-ID: whatever is sent twice has the same one.
    id uuid primary key,
    user_id uuid not null references app_user,
    dedupe_key text not null unique,
    kind text not null,
    side text not null check (side in ('guest', 'host', 'person')),
    locale text not null,
    -- What the template asks for, already in the person's language.
    facts jsonb not null,
    -- skipped: nobody to send it to any more, or no way to send it.
    status text not null default 'waiting' check (status in ('waiting', 'sent', 'kept', 'refused', 'failed', 'skipped')),
    attempts int not null default 0,
    -- What the server said last. No addresses, no content.
    last_error text not null default '',
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint mail_end check ((status = 'waiting') = (ended_at is null))
);
-- For deleting old ones.
create index mail_created_at on mail (created_at);

-- Whole mails, tokens included, where no server is configured: development and tests only, and only the latest.
create table kept_mail (
    id uuid primary key references mail on delete cascade,
    message jsonb not null,
    kept_at timestamptz not null
);
revoke all on mail, kept_mail from public;
