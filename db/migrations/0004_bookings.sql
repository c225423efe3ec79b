-- Quotes, bookings and the nights they occupy.
set local lock_timeout = '2s';

-- Lets a GiST index compare ids with `=` beside ranges with `&&`.
create extension if not exists btree_gist;

-- A price that was shown to somebody: good until expires_at, or until the property asks another price. A booking
-- copies it, so quotes may be deleted once they are old; nothing references them.
create table quote (
    id uuid primary key,
    property_id uuid not null references property,
    guest_id uuid not null references app_user,
    check_in date not null,
    check_out date not null,
    guests int not null,
    -- Money is bigint minor units of one currency for the whole row.
    currency char(3) not null,
    nightly_price bigint not null,
    nights_amount bigint not null,
    cleaning_fee bigint not null,
    guest_fee_bp int not null,
    guest_fee bigint not null,
    tax_bp int not null,
    tax bigint not null,
    total bigint not null,
    host_payout bigint not null,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    constraint quote_stay check (check_in < check_out),
    constraint quote_adds_up check (total = nights_amount + cleaning_fee + guest_fee + tax)
);
-- For deleting old ones.
create index quote_expires_at on quote (expires_at);

create table booking (
    id uuid primary key,
    property_id uuid not null references property,
    guest_id uuid not null references app_user,
    -- Copied: a list of a host's bookings is one index scan, and a property never changes hands.
    host_id uuid not null references app_user,
    -- No foreign key: old quotes are deleted.
    quote_id uuid not null,
    status text not null,
    check_in date not null,
    check_out date not null,
    guests int not null,
    message text not null default '',
    currency char(3) not null,
    nightly_price bigint not null,
    nights_amount bigint not null,
    cleaning_fee bigint not null,
    guest_fee_bp int not null,
    guest_fee bigint not null,
    tax_bp int not null,
    tax bigint not null,
    total bigint not null,
    host_payout bigint not null,
    -- What has been captured from the guest so far, minus refunds. Payments keep it; refunds never exceed it.
    paid bigint not null default 0,
    cancellation_policy text not null,
    -- Check-in and check-out as moments: the property's wall clock and zone at the time of booking.
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    -- When the passing of time alone moves this booking on: a hold's or request's expiry, a confirmed stay's
    -- check-in, a running stay's check-out. Null once nothing will happen by itself.
    due_at timestamptz,
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint booking_status check (status in ('hold', 'awaiting_payment', 'requested', 'confirmed', 'in_stay',
        'completed', 'expired', 'declined', 'cancelled_by_guest', 'cancelled_by_host', 'cancelled_by_admin', 'no_show')),
    constraint booking_stay check (check_in < check_out and starts_at < ends_at),
    constraint booking_not_own check (guest_id <> host_id),
    constraint booking_adds_up check (total = nights_amount + cleaning_fee + guest_fee + tax),
    constraint booking_paid check (paid between 0 and total)
);
-- Lists are newest first, and ids are made in order of time.
create index booking_guest on booking (guest_id, id);
create index booking_host on booking (host_id, id);
-- What somebody holds right now: counted before every booking, so it must not grow with their past.
create index booking_pending on booking (guest_id) where status in ('hold', 'awaiting_payment', 'requested');
-- The sweeper's queue.
create index booking_due on booking (due_at) where due_at is not null;

-- Every transition of every booking. Append only.
create table booking_history (
    id bigint generated always as identity primary key,
    booking_id uuid not null references booking,
    from_status text,
    to_status text not null,
    -- Null: the passing of time.
    actor_id uuid references app_user,
    actor text not null check (actor in ('guest', 'host', 'admin', 'system')),
    reason text not null default '',
    at timestamptz not null
);
create index booking_history_booking on booking_history (booking_id, id);

-- Everything that occupies nights, whoever occupies them, in one table, so that one constraint is the whole
-- guarantee: no two rows of a property share a night. `blocked` is [check_in, check_out + preparation nights) for
-- stays and the closed nights otherwise; half-open, so one stay may begin the day another ends.
create table stay_block (
    id uuid primary key,
    property_id uuid not null references property,
    blocked daterange not null,
    kind text not null check (kind in ('hold', 'booking', 'host', 'imported')),
    booking_id uuid unique references booking,
    -- A hold occupies its nights until then. The constraint cannot read a clock, so whoever wants the nights
    -- deletes overlapping rows that have expired first; readers treat those as free.
    expires_at timestamptz,
    created_at timestamptz not null,
    constraint stay_block_range check (not isempty(blocked) and not lower_inf(blocked) and not upper_inf(blocked)),
    constraint stay_block_booking check ((kind in ('hold', 'booking')) = (booking_id is not null)),
    constraint stay_block_expiry check ((kind = 'hold') = (expires_at is not null)),
    constraint stay_block_no_overlap exclude using gist (property_id with =, blocked with &&)
);

-- What happened, for those outside: written in the transaction that did it, delivered later, in order of id.
create table outbox_event (
    id bigint generated always as identity primary key,
    kind text not null,
    subject_id uuid not null,
    payload jsonb not null,
    at timestamptz not null
);
