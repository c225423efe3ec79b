-- Payments, what providers tell of them, refunds, and the ledger that accounts for every unit of money.
set local lock_timeout = '2s';

-- A request whose work outlives a transaction claims its key before it begins: until lease_until nobody else does the
-- work, after that whoever repeats the request goes on with work_id.
alter table idempotency
    add column work_id uuid,
    add column lease_until timestamptz;

-- One attempt to pay for a booking.
create table payment (
    id uuid primary key,
    booking_id uuid not null references booking,
    -- Copied, as bookings copy their host: lists are one index scan.
    guest_id uuid not null references app_user,
    host_id uuid not null references app_user,
    purpose text not null,
    -- The change that made more money due.
    alteration_id uuid references booking_alteration,
    currency char(3) not null,
    amount bigint not null,
    method text not null,
    provider text not null,
    capture text not null,
    status text not null,
    -- What the provider calls it. Null until it has answered for the first time.
    provider_reference text,
    failure_reason text,
    -- What the guest has to do. May hold a secret of the guest's.
    next_action jsonb,
    -- It is the one payment of the booking for this purpose; one that came too late, or second, is not.
    applied boolean not null default false,
    -- The guest does not want it any more; the provider has yet to be told.
    abandoned boolean not null default false,
    captured bigint not null default 0,
    -- What has been decided to give back, and what of that has been given back.
    to_refund bigint not null default 0,
    refunded bigint not null default 0,
    -- When the provider is asked unless it says something first. Null: never again by itself.
    next_check_at timestamptz,
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint payment_purpose check (purpose in ('booking', 'alteration')
        and (purpose = 'alteration') = (alteration_id is not null)),
    constraint payment_method check (method in ('card', 'mobile_money', 'bank_transfer', 'paypal')),
    constraint payment_capture check (capture in ('automatic', 'manual')),
    constraint payment_status check (status in ('pending', 'requires_action', 'authorized', 'succeeded', 'failed',
        'cancelled', 'partially_refunded', 'refunded')),
    constraint payment_amounts check (amount > 0 and 0 <= refunded and refunded <= to_refund and to_refund <= captured),
    constraint payment_captured check ((captured > 0) = (status in ('succeeded', 'partially_refunded', 'refunded')))
);
-- The rule of the whole feature: a booking is paid once.
create unique index payment_applied on payment (booking_id, purpose, alteration_id) nulls not distinct where applied;
-- Where events of providers belong.
create unique index payment_reference on payment (provider, provider_reference);
create index payment_of_booking on payment (booking_id, id);
create index payment_of_guest on payment (guest_id, id);
create index payment_of_host on payment (host_id, id);
-- The queue of what has to be asked for.
create index payment_to_check on payment (next_check_at) where next_check_at is not null;

create table refund (
    id uuid primary key,
    payment_id uuid not null references payment,
    currency char(3) not null,
    amount bigint not null check (amount > 0),
    -- Who decided: the terms of the booking, a change, an admin, or nobody, because the money was not ours to keep.
    cause text not null check (cause in ('cancellation', 'alteration', 'admin', 'not_taken')),
    reason text not null default '',
    requested_by uuid references app_user,
    status text not null check (status in ('pending', 'succeeded', 'failed')),
    provider_reference text,
    failure_reason text,
    created_at timestamptz not null,
    updated_at timestamptz not null
);
create index refund_of_payment on refund (payment_id, id);

-- What providers told us, once each. Nothing of it is believed: it only says what to ask for.
create table webhook_event (
    id uuid primary key,
    provider text not null,
    event_id text not null,
    kind text not null,
    payment_reference text not null,
    received_at timestamptz not null,
    constraint webhook_event_once unique (provider, event_id)
);
create index webhook_event_by_age on webhook_event (received_at);

-- Double entry (domain rules, 4.9). Debits are positive: what we have or spent; credits negative: what we owe or earned.
create table ledger_journal (
    id uuid primary key,
    kind text not null check (kind in ('capture', 'capture_not_taken', 'refund_decided', 'refund_paid')),
    -- The event it stands for: posting it twice is impossible.
    dedupe_key text not null constraint ledger_journal_once unique,
    -- One currency a journal.
    currency char(3) not null,
    booking_id uuid not null references booking,
    payment_id uuid not null references payment,
    refund_id uuid references refund,
    at timestamptz not null
);
create index ledger_journal_booking on ledger_journal (booking_id);

create table ledger_entry (
    id bigint generated always as identity primary key,
    journal_id uuid not null references ledger_journal,
    account text not null check (account in ('gateway_cash', 'guest_receivable', 'host_payable', 'platform_revenue',
        'tax_payable', 'gateway_fee')),
    -- Whose: the provider of gateway_cash and gateway_fee, the host of host_payable; empty for the others.
    owner text not null,
    amount bigint not null check (amount <> 0)
);
create index ledger_entry_journal on ledger_entry (journal_id);

-- What the entries of an account add up to, kept by the statement that writes them.
create table ledger_balance (
    account text not null,
    owner text not null,
    currency char(3) not null,
    balance bigint not null,
    primary key (account, owner, currency)
);

-- At the commit, because the entries of a journal are written one after the other.
create function check_journal() returns trigger language plpgsql as $$
declare
    journal uuid := to_jsonb(new) ->> case tg_table_name when 'ledger_journal' then 'id' else 'journal_id' end;
    entries bigint;
    total numeric;
begin
    select count(*), coalesce(sum(amount), 0) into entries, total from ledger_entry where journal_id = journal;
    if entries < 2 or total <> 0 then
        raise exception 'journal % has % entries that add up to %', journal, entries, total
            using errcode = 'check_violation', constraint = 'ledger_adds_up';
    end if;
    return null;
end $$;
create constraint trigger ledger_journal_adds_up after insert on ledger_journal
    deferrable initially deferred for each row execute function check_journal();
create constraint trigger ledger_entry_adds_up after insert on ledger_entry
    deferrable initially deferred for each row execute function check_journal();

-- What is written stays, whoever asks: a mistake is put right by another journal.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append only', tg_table_name using errcode = 'restrict_violation';
end $$;
create trigger ledger_journal_stays before update or delete on ledger_journal
    for each row execute function refuse_change();
create trigger ledger_journal_is_kept before truncate on ledger_journal execute function refuse_change();
create trigger ledger_entry_stays before update or delete on ledger_entry
    for each row execute function refuse_change();
create trigger ledger_entry_is_kept before truncate on ledger_entry execute function refuse_change();

-- The sandbox: a provider of payments with rows of its own, which nothing but its gateway and its page touches.
create table sandbox_charge (
    id uuid primary key,
    -- The caller's: the same key is the same charge.
    idempotency_key text not null unique,
    -- Names the page where the guest decides.
    token text not null unique,
    description text not null,
    currency char(3) not null,
    amount bigint not null,
    manual boolean not null,
    state text not null check (state in ('open', 'second_step', 'processing', 'authorized', 'succeeded', 'failed', 'cancelled')),
    reason text,
    captured bigint not null default 0,
    refunded bigint not null default 0 check (refunded <= captured),
    created_at timestamptz not null
);
create table sandbox_refund (
    id uuid primary key,
    idempotency_key text not null unique,
    charge_id uuid not null references sandbox_charge,
    amount bigint not null
);
-- With what the sandbox signs its events; known to this database alone.
create table sandbox_secret (
    only_one boolean primary key default true check (only_one),
    secret text not null
);
insert into sandbox_secret (secret) values (replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''));
