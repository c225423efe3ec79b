-- Money that leaves by way of M-Pesa, which answers such requests later, if at all, and cannot be asked for a list.
set local lock_timeout = '2s';

create table mpesa_transfer (
    -- Of the refund or payout.
    id uuid primary key,
    -- A payment is given back whole by taking it back, or as a payment of its own. Decided before it is sent for the first time.
    way text not null check (way in ('reversal', 'b2c')),
    currency char(3) not null,
    amount bigint not null,
    -- When it was sent last, committed before it was. Null: it has certainly not gone out.
    sent_at timestamptz,
    -- By what M-Pesa can be asked about it: our id, or the name that M-Pesa has given a reversal.
    conversation text,
    -- What it has told by itself, which is not believed.
    result text,
    -- What it has answered when it was asked, which is.
    answer text check (answer in ('done', 'failed', 'absent')),
    status text,
    receipt text
);
