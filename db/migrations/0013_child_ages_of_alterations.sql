-- Proposals for bookings say which children they mean.
set local lock_timeout = '2s';

alter table booking_alteration
    add column from_child_ages int[] not null default '{}',
    add column child_ages int[] not null default '{}';
-- Of those made before: what was proposed, while its quote is kept; what was, while nobody has accepted anything.
update booking_alteration a set child_ages = q.child_ages from quote q where q.id = a.quote_id;
update booking_alteration a set from_child_ages = b.child_ages from booking b
where b.id = a.booking_id
  and not exists (select from booking_alteration x where x.booking_id = b.id and x.status = 'accepted');
alter table booking_alteration alter column from_child_ages drop default, alter column child_ages drop default;
