-- Receipts: the numbers under which money that came for a stay, and what is given back of it, is accounted for.
set local lock_timeout = '2s';

-- The last number of a year. Whoever takes the next holds the row until the transaction ends, so that a number that is
-- rolled back is the next one's: a sequence would leave a gap.
create table receipt_year (
    year int primary key,
    last int not null
);

create table receipt (
    year int not null references receipt_year,
    sequence int not null,
    booking_id uuid not null references booking,
    payment_id uuid not null references payment,
    -- What this gives back of the payment: a credit note.
    refund_id uuid references refund,
    currency char(3) not null,
    amount bigint not null check (amount > 0),
    -- Who stands on it, as they were called then: people and marketplaces change their names, receipts do not.
    issuer jsonb not null,
    guest_name text not null,
    host_name text not null,
    issued_at timestamptz not null,
    primary key (year, sequence),
    constraint receipt_once unique nulls not distinct (payment_id, refund_id)
);
-- "2027-000012"
create function receipt_number(year int, sequence int) returns text language sql immutable
    return year || '-' || lpad(sequence::text, greatest(6, length(sequence::text)), '0');
create index receipt_of_booking on receipt (booking_id);
create trigger receipt_stays before update or delete on receipt for each row execute function refuse_change();
create trigger receipt_is_kept before truncate on receipt execute function refuse_change();
