-- Cancellation policies as data, the terms bookings remember, and changes of bookings that both sides agree on.
set local lock_timeout = '2s';

-- Terms a host can choose: those shipped here, and their own. Only ever archived, never deleted, so that what refers to
-- one can always be explained; bookings copy the terms and refer to none.
create table cancellation_policy (
    id uuid primary key,
    -- Null: shipped, for everybody.
    host_id uuid references app_user,
    -- What properties and bookings call it; all of the hosts' own are 'custom'.
    code text not null,
    name text not null,
    -- As src/properties/policy.hpp describes them; written only by what has checked them. One document, because it is
    -- read, copied and compared as a whole.
    terms jsonb not null,
    version int not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    archived_at timestamptz,
    constraint cancellation_policy_code check ((code = 'custom') = (host_id is not null))
);
create unique index cancellation_policy_shipped on cancellation_policy (code) where host_id is null;
create index cancellation_policy_host on cancellation_policy (host_id, id) where archived_at is null;

-- Domain rules, 4.3. With less notice than any tier the host keeps the nights begun, kept_nights more, and a share of
-- the rest. Every member is written out, so that equal terms are equal documents.
insert into cancellation_policy (id, code, name, terms, created_at, updated_at)
select ('00000000-0000-7000-8000-00000000000' || n)::uuid, code, name,
       jsonb_build_object('tiers', tiers::jsonb, 'grace', grace::jsonb,
                          'late', jsonb_build_object('kept_nights', kept_nights, 'kept_rest_basis_points', kept_rest),
                          'guest_fee', 'with_everything'),
       '2026-01-01', '2026-01-01'
from (values
    (1, 'flexible', 'Flexible', '[{"days_before": 1, "refund_basis_points": 10000}]', '{"hours": 24, "days_before": 7}', 1, 0),
    (2, 'moderate', 'Moderate', '[{"days_before": 5, "refund_basis_points": 10000}]', '{"hours": 24, "days_before": 7}', 1, 5000),
    (3, 'limited', 'Limited', '[{"days_before": 14, "refund_basis_points": 10000}, {"days_before": 7, "refund_basis_points": 5000}]',
     '{"hours": 24, "days_before": 7}', 0, 10000),
    (4, 'firm', 'Firm', '[{"days_before": 30, "refund_basis_points": 10000}, {"days_before": 7, "refund_basis_points": 5000}]',
     '{"hours": 24, "days_before": 7}', 0, 10000),
    (5, 'strict', 'Strict', '[{"days_before": 7, "refund_basis_points": 5000}]', '{"hours": 24, "days_before": 7}', 0, 10000),
    (6, 'non_refundable', 'Non-refundable', '[]', 'null', 0, 10000)
) shipped (n, code, name, tiers, grace, kept_nights, kept_rest);

alter table property
    -- Only for policies of the host's own; the shipped ones are known by their code in cancellation_policy.
    add column cancellation_policy_id uuid references cancellation_policy,
    -- Whether a request keeps its nights from others until it is answered.
    add column request_holds boolean not null default true,
    drop constraint property_policy,
    add constraint property_policy check (cancellation_policy in
        ('flexible', 'moderate', 'limited', 'firm', 'strict', 'non_refundable', 'custom')
        and (cancellation_policy = 'custom') = (cancellation_policy_id is not null));
-- For the question whether a policy is in use.
create index property_policy_id on property (cancellation_policy_id) where cancellation_policy_id is not null;

-- What was shown with the price; other terms end the quote as another price does.
alter table quote
    add column cancellation_terms jsonb,
    -- The price of a change to this booking: nobody books it otherwise.
    add column alters uuid;
update quote q set cancellation_terms = c.terms
from property p join cancellation_policy c on c.code = p.cancellation_policy and c.host_id is null
where p.id = q.property_id;
alter table quote alter column cancellation_terms set not null;

-- A booking remembers its terms and the clock they are read by, so that nothing a host changes later changes them.
alter table booking
    add column cancellation_terms jsonb,
    add column time_zone text,
    add column check_in_time text,
    -- What a cancellation or a no-show gave back, as it was shown.
    add column refund jsonb;
update booking b set cancellation_terms = c.terms, time_zone = p.time_zone, check_in_time = p.check_in_time
from property p, cancellation_policy c
where p.id = b.property_id and c.code = b.cancellation_policy and c.host_id is null;
alter table booking
    alter column cancellation_terms set not null,
    alter column time_zone set not null,
    alter column check_in_time set not null,
    -- After a change to a lower price, more is paid than owed until the refund is done.
    drop constraint booking_paid,
    add constraint booking_paid check (paid >= 0);
-- What waits at a property, whether or not it holds nights.
create index booking_pending_at on booking (property_id) where status in ('hold', 'awaiting_payment', 'requested');

-- A proposal of other nights or guests, and what became of it. The answer takes exactly what was shown: the price is
-- the quote's, which exists as long as the proposal is open.
create table booking_alteration (
    id uuid primary key,
    booking_id uuid not null references booking,
    status text not null,
    proposed_by text not null,
    proposer_id uuid not null references app_user,
    reason text not null,
    -- Null while open, and where time or the end of the booking closed it.
    answered_by text,
    answer text not null default '',
    quote_id uuid not null,
    -- What the booking was and would be.
    from_check_in date not null,
    from_check_out date not null,
    from_guests int not null,
    check_in date not null,
    check_out date not null,
    guests int not null,
    currency char(3) not null,
    from_total bigint not null,
    total bigint not null,
    -- Both prices line by line, as they were shown.
    from_price jsonb not null,
    price jsonb not null,
    expires_at timestamptz not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint booking_alteration_status check (status in ('open', 'accepted', 'declined', 'cancelled', 'expired')),
    constraint booking_alteration_people check (proposed_by in ('guest', 'host')
        and answered_by in ('guest', 'host', 'admin')),
    constraint booking_alteration_stay check (check_in < check_out)
);
-- At most one proposal waits for an answer.
create unique index booking_alteration_open on booking_alteration (booking_id) where status = 'open';
create index booking_alteration_booking on booking_alteration (booking_id, id);
-- The queue of what time closes.
create index booking_alteration_due on booking_alteration (expires_at) where status = 'open';

-- Set where nights or guests changed instead of the status.
alter table booking_history add column alteration_id uuid references booking_alteration;
