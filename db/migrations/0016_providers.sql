-- What providers other than the sandbox need to be told and tell.
set local lock_timeout = '2s';

alter table payment
    -- As they were when the payment was begun, so that a repetition asks for exactly the same.
    add column payer_email text,
    add column payer_phone text,
    -- What the provider told besides its reference, where that is needed to give money back.
    add column provider_receipt text;
-- The same money does not pay twice.
create unique index payment_receipt on payment (provider, provider_receipt);

alter table refund
    -- When the provider was asked for the first time, committed before it was.
    add column asked_at timestamptz;

alter table webhook_event
    add column about text not null default 'payment'
        constraint webhook_event_about check (about in ('nothing', 'payment', 'refund', 'payout', 'dispute')),
    -- Where the provider names our payment, because its own reference may not be known here yet.
    add column payment_id uuid,
    add column receipt text;
alter table webhook_event rename column payment_reference to reference;
create index webhook_event_payment on webhook_event (payment_id, received_at) where payment_id is not null;
