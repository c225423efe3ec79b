-- Paying hosts, disputes, adjustments of the ledger, and who did what to money.
set local lock_timeout = '2s';

-- A payer has asked the bank for the money back. All that guest and host see of it.
alter table booking add column disputed boolean not null default false;

-- Where a host's money of one currency goes.
create table payout_account (
    host_id uuid not null references app_user,
    currency char(3) not null,
    provider text not null,
    destination text not null,
    -- Nothing goes to a destination before: whoever has taken over an account is noticed first.
    usable_from timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (host_id, currency)
);

create table payout (
    id uuid primary key,
    host_id uuid not null references app_user,
    currency char(3) not null,
    amount bigint not null check (amount > 0),
    -- As they were when it was decided.
    provider text not null,
    destination text not null,
    -- The batch, and which try of it: an admin may try again what has failed.
    day date not null,
    attempt int not null default 1,
    status text not null check (status in ('pending', 'paid', 'failed')),
    provider_reference text,
    failure_reason text,
    -- When the provider was asked for the first time, committed before it was.
    asked_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- The rule of the whole feature, whoever runs a batch and however often.
    constraint payout_once unique (host_id, currency, day, attempt)
);
create index payout_pending on payout (host_id, currency) where status = 'pending';

-- What a payout is made of: of which booking how much, below zero what was paid too much before. Null: what belongs to
-- no booking.
create table payout_item (
    payout_id uuid not null references payout,
    booking_id uuid references booking,
    amount bigint not null check (amount <> 0),
    constraint payout_item_once unique nulls not distinct (payout_id, booking_id)
);
create index payout_item_booking on payout_item (booking_id);

-- Batches that are done.
create table payout_batch (
    day date primary key,
    at timestamptz not null
);

-- What is not paid out until an admin lets it go: all of a host's, or one booking's.
create table payout_hold (
    id uuid primary key,
    host_id uuid not null references app_user,
    booking_id uuid references booking,
    reason text not null,
    created_by uuid not null references app_user,
    created_at timestamptz not null,
    constraint payout_hold_once unique nulls not distinct (host_id, booking_id)
);
create index payout_hold_booking on payout_hold (booking_id);

-- A payment that its payer wants back by way of the bank.
create table dispute (
    id uuid primary key,
    provider text not null,
    reference text not null,
    payment_id uuid not null references payment,
    booking_id uuid not null references booking,
    currency char(3) not null,
    amount bigint not null check (amount >= 0),
    -- What of it the provider has taken back so far, and what it has charged for that.
    withdrawn bigint not null default 0,
    fee bigint not null default 0,
    -- How often that has changed.
    moves int not null default 0,
    status text not null check (status in ('open', 'won', 'lost')),
    reason text not null,
    -- When the provider is asked unless it says something first. Null: never again.
    next_check_at timestamptz,
    opened_at timestamptz not null,
    closed_at timestamptz,
    constraint dispute_once unique (provider, reference),
    constraint dispute_closed check ((status = 'open') = (closed_at is null))
);
create index dispute_of_payment on dispute (payment_id);
create index dispute_of_booking on dispute (booking_id);
create index dispute_to_check on dispute (next_check_at) where next_check_at is not null;

-- An entry that an admin makes by hand; a large one is made when a second admin has approved.
create table adjustment (
    id uuid primary key,
    currency char(3) not null,
    amount bigint not null check (amount > 0),
    debit_account text not null,
    debit_owner text not null,
    credit_account text not null,
    credit_owner text not null,
    reason text not null,
    needs_second boolean not null,
    status text not null check (status in ('proposed', 'posted', 'refused')),
    proposed_by uuid not null references app_user,
    decided_by uuid references app_user,
    created_at timestamptz not null,
    decided_at timestamptz,
    constraint adjustment_decided check ((status = 'proposed') = (decided_at is null)),
    constraint adjustment_by_two check (not needs_second or status <> 'posted' or decided_by <> proposed_by)
);

-- Who did what to money, and why. Not one of them is ever changed, whoever asks.
create table audit_entry (
    id uuid primary key,
    actor_id uuid not null references app_user,
    action text not null,
    subject_id uuid not null,
    reason text not null,
    at timestamptz not null
);
create index audit_entry_subject on audit_entry (subject_id, id);
create trigger audit_entry_stays before update or delete on audit_entry
    for each row execute function refuse_change();
create trigger audit_entry_is_kept before truncate on audit_entry execute function refuse_change();

-- A journal belongs to a payment, to a payout or to an adjustment. What was there fits the wider rules, so it is not read.
alter table ledger_journal
    alter column booking_id drop not null,
    alter column payment_id drop not null,
    add column payout_id uuid references payout,
    add column dispute_id uuid references dispute,
    add column adjustment_id uuid references adjustment,
    drop constraint ledger_journal_kind_check,
    add constraint ledger_journal_kind check (kind in ('capture', 'capture_not_taken', 'refund_decided', 'refund_paid',
        'payout_begun', 'payout_paid', 'payout_failed', 'dispute_moved', 'dispute_lost', 'adjustment')) not valid,
    add constraint ledger_journal_subject check (num_nonnulls(payment_id, payout_id, adjustment_id) = 1) not valid;
alter table ledger_entry
    drop constraint ledger_entry_account_check,
    add constraint ledger_entry_account check (account in ('gateway_cash', 'guest_receivable', 'host_payable',
        'platform_revenue', 'tax_payable', 'gateway_fee', 'payout_in_transit', 'dispute_reserve', 'dispute_loss')) not valid;
-- Statements of hosts.
create index ledger_entry_host on ledger_entry (owner, id) where account = 'host_payable';

-- What a booking has brought its host by the ledger, and what of that is in payouts that have not failed.
create table host_earning (
    booking_id uuid primary key references booking,
    host_id uuid not null references app_user,
    currency char(3) not null,
    earned bigint not null default 0,
    paid_out bigint not null default 0,
    -- While a dispute is open. Here, because whoever pays it out locks this row.
    disputed boolean not null default false
);
create index host_earning_open on host_earning (host_id, currency) where earned <> paid_out;

-- By a trigger, so that the release before this one counts too.
create function count_earning() returns trigger language plpgsql as $$
begin
    insert into host_earning (booking_id, host_id, currency, earned)
    select booking_id, new.owner::uuid, currency, -new.amount from ledger_journal
    where id = new.journal_id and booking_id is not null
    on conflict (booking_id) do update set earned = host_earning.earned + excluded.earned;
    return null;
end $$;
create trigger ledger_entry_earning after insert on ledger_entry
    for each row when (new.account = 'host_payable') execute function count_earning();
insert into host_earning (booking_id, host_id, currency, earned)
select j.booking_id, e.owner::uuid, j.currency, -sum(e.amount)
from ledger_journal j join ledger_entry e on e.journal_id = j.id
where e.account = 'host_payable' group by 1, 2, 3;

alter table refund
    -- Tried again under another id, because providers remember the failure of this one.
    add column replaced_by uuid references refund,
    -- The first of the refunds that ask for the same money, each because the one before was refused.
    add column repeats uuid references refund,
    drop constraint refund_cause_check,
    add constraint refund_cause check (cause in ('cancellation', 'alteration', 'admin', 'not_taken', 'dispute')) not valid;
create index refund_failed on refund (id) where status = 'failed' and replaced_by is null;

-- The sandbox.
alter table sandbox_charge
    add column disputed bigint not null default 0,
    drop constraint sandbox_charge_state_check,
    add constraint sandbox_charge_state check (state in ('open', 'second_step', 'processing', 'authorized', 'succeeded',
        'failed', 'cancelled', 'disputed', 'dispute_won', 'dispute_lost'));
create table sandbox_payout (
    id uuid primary key,
    idempotency_key text not null unique,
    destination text not null,
    currency char(3) not null,
    amount bigint not null,
    -- How often it was asked for.
    asked int not null default 1,
    state text not null check (state in ('waiting', 'paid', 'failed', 'returned'))
);
