-- What a booking still costs: how it is paid was agreed with it, and what was given back may be owed no more.
set local lock_timeout = '2s';

alter table booking
    add column payment_mode text,
    -- Given back by an admin out of goodwill, or by a bank against our word: part of the price that nobody pays again.
    add column waived bigint not null default 0 constraint booking_waived check (waived >= 0);
update booking b
set payment_mode = case when b.status = 'awaiting_payment' or exists (select from payment where booking_id = b.id) then 'online'
                        when b.status in ('hold', 'requested') then p.payment_mode
                        else 'on_arrival' end,
    waived = (select coalesce(sum(r.amount), 0) from payment m join refund r on r.payment_id = m.id
              where m.booking_id = b.id and r.cause in ('admin', 'dispute') and r.repeats is null)
from property p where p.id = b.property_id;
alter table booking
    alter column payment_mode set not null,
    add constraint booking_payment_mode check (payment_mode in ('online', 'on_arrival'));

-- By triggers, so that the release before this one counts too.
create function agree_on_payment() returns trigger language plpgsql as $$
begin
    select payment_mode into new.payment_mode from property where id = new.property_id;
    return new;
end $$;
create trigger booking_agrees_on_payment before insert on booking
    for each row when (new.payment_mode is null) execute function agree_on_payment();

create function waive_refund() returns trigger language plpgsql as $$
begin
    update booking set waived = waived + new.amount
    where id = (select booking_id from payment where id = new.payment_id);
    return null;
end $$;
create trigger refund_waives after insert on refund
    for each row when (new.cause in ('admin', 'dispute') and new.repeats is null) execute function waive_refund();
