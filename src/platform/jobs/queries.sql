-- The queue. Times are the database's own, so that a process whose clock is wrong does no harm; $shift is by how many
-- seconds a test has moved the clock of the business.

-- name: enqueue
-- One with this key that waits already stands for both, from the earlier moment on.
insert into job (id, kind, payload, priority, status, run_at, unique_key)
values ($1, $2, $3, $4, case when $5::timestamptz > $6::timestamptz then 'scheduled' else 'waiting' end, $5, $7)
on conflict (kind, unique_key)
    where unique_key is not null and status in ('scheduled', 'waiting', 'retrying')
do update set status = 'waiting', run_at = excluded.run_at, ready_at = excluded.ready_at
    where job.status <> 'waiting' and excluded.status = 'waiting';

-- name: ring
select pg_notify('roost_jobs', '');

-- name: lock_limits
-- Who claims jobs of limited kinds does so alone, so that counting them is exact. In a statement of its own: the next
-- one sees what the one before us has claimed. Who does not get it leaves those kinds to who has.
select pg_try_advisory_xact_lock(71, 0);

-- name: claim
-- At most $1 of the kinds $2, those with the smallest priority number first, for the lease of their kind ($3, in
-- seconds). $4 says how many of a kind may run at a time over all processes; null: any number.
with room as materialized (
    select k.kind, k.lease,
           case when k.most is null then $1 else
               least($1, k.most - (select count(*) from job r where r.status = 'running' and r.kind = k.kind)) end as room
    from unnest($2::text[], $3::int[], $4::int[]) k(kind, lease, most)
), picked as materialized (
    select j.id, room.lease
    from room cross join lateral (
        select id, priority, ready_at from job
        where status = 'waiting' and kind = room.kind
        order by priority, ready_at
        limit greatest(room.room, 0)
        for update skip locked
    ) j
    order by j.priority, j.ready_at
    limit $1
)
update job set status = 'running', token = token + 1, tries = tries + 1,
               lease_until = now() + make_interval(secs => picked.lease)
from picked where job.id = picked.id
returning job.id, job.kind, job.payload::text as payload, job.tries, job.token, job.priority,
          extract(epoch from now() - job.ready_at)::float8 as waited;

-- name: finish
-- It is done. No row: the lease has passed to somebody else.
delete from job where id = $1 and token = $2 and status = 'running';

-- name: end_try
-- It is not done: the job goes on as $3 (retrying, waiting or dead) in $4 seconds. $6 says whether the try counts.
-- A job that would wait beside another with its key goes: the other one stands for both. 0: the lease has passed to
-- somebody else.
with superseded as (
    delete from job j
    where id = $1 and token = $2 and status = 'running' and $3 <> 'dead' and unique_key is not null
      and exists (select from job o where o.kind = j.kind and o.unique_key = j.unique_key
                  and o.status in ('scheduled', 'waiting', 'retrying'))
    returning 1
), ended as (
    update job set status = $3, ready_at = now() + make_interval(secs => $4::float8), lease_until = null,
                   tries = tries - case when $6 then 0 else 1 end,
                   errors = case when $5::text is null then errors else
                       (to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z try "') || tries || ': ' || $5
                        || errors)[1:5] end
    where id = $1 and token = $2 and status = 'running' and not exists (select from superseded)
    returning 1
)
select (select count(*) from superseded) + (select count(*) from ended);

-- name: wake_due
-- Those whose time has come join who waits, at most $2 of each sort.
with scheduled as materialized (
    select id from job where status = 'scheduled' and run_at <= now() + make_interval(secs => $1::float8)
    order by run_at limit $2 for update skip locked
), retrying as materialized (
    select id from job where status = 'retrying' and ready_at <= now()
    order by ready_at limit $2 for update skip locked
)
update job set status = 'waiting', ready_at = now()
from (select id from scheduled union all select id from retrying) due where job.id = due.id;

-- name: lost
-- Jobs of the kinds $1 whose lease has ended: their process died, or stood still.
select id, kind, token, tries from job
where status = 'running' and kind = any ($1) and lease_until < now() order by lease_until limit $2;

-- name: add_schedules
insert into job_schedule (kind, next_at)
select kind, now() + make_interval(secs => $2::float8) from unnest($1::text[]) kind
on conflict do nothing;

-- name: start_periodic
-- Compare and swap: of all processes that find a schedule due, one moves it on and enqueues the job. What was missed is
-- not made up for. A schedule that lies further ahead than its period was written before the clock was moved back;
-- a minute is no sign of that, because whoever waited for the row began a little earlier than who moved it on.
with moved as (
    update job_schedule s
    set next_at = now() + make_interval(secs => $1::float8 + k.period)
    from unnest($2::text[], $3::int[], $4::int[], $5::jsonb[]) k(kind, period, priority, payload)
    where s.kind = k.kind
      and (s.next_at <= now() + make_interval(secs => $1::float8)
           or s.next_at > now() + make_interval(secs => $1::float8 + k.period + 60))
    returning k.kind, k.priority, k.payload
)
insert into job (kind, payload, priority, status, unique_key)
select kind, payload, priority, 'waiting', 'every' from moved
on conflict (kind, unique_key)
    where unique_key is not null and status in ('scheduled', 'waiting', 'retrying') do nothing;

-- name: forget_dead
delete from job where id in (
    select id from job where status = 'dead' and ready_at < now() - make_interval(days => $1)
    order by ready_at limit $2 for update skip locked);

-- name: measure
-- What /metrics shows: how many of a kind are in which state, and for how long the oldest has waited for a hand.
select kind, status, count(*) as count,
       coalesce(extract(epoch from now() - min(ready_at) filter (where status = 'waiting')), 0)::float8 as age
from job group by kind, status;

-- name: list_jobs
-- The newest first. A null filter does not filter.
select id, kind, status, tries, case when status = 'scheduled' then run_at else ready_at end as due,
       coalesce(errors[1], '') as error
from job where ($1::text is null or kind = $1) and ($2::text is null or status = $2)
order by created_at desc, id limit $3;

-- name: show_job
select id, kind, status, tries, case when status = 'scheduled' then run_at else ready_at end as due,
       coalesce(unique_key, '') as unique_key, payload::text as payload, errors, created_at, lease_until
from job where id = $1;

-- name: retry_job
-- As if it had never been tried. Nothing that runs, and nothing that waits already.
update job set status = 'waiting', ready_at = now(), tries = 0
where id = $1 and status in ('dead', 'retrying', 'scheduled');

-- name: cancel_job
-- In whatever state it is; a client of Celery who asked for it hears that it was revoked.
with gone as (
    delete from job where id = $1 returning id, status
), told as (
    update celery_message set revoked = true from gone where celery_message.id = gone.id
)
select status from gone;

-- name: remember_message
-- Nothing when it was taken before.
insert into celery_message (id, kind, ignore_result, parent_id, group_id, refused, revoked)
values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing;

-- name: enqueue_as
-- A job whose id somebody else has chosen.
insert into job (id, kind, payload, priority, status, run_at)
values ($1, $2, $3, $4, case when $5::timestamptz > $6::timestamptz then 'scheduled' else 'waiting' end, $5)
on conflict do nothing;

-- name: unanswered_messages
-- Whose job has ended, or was never made, and whose sender has not been told.
select m.id, m.kind, m.parent_id, m.group_id, m.ignore_result, m.revoked, coalesce(m.refused, j.errors[1]) as error
from celery_message m left join job j on j.id = m.id
where m.answered_at is null and (j.id is null or j.status = 'dead')
order by m.taken_at limit $1;

-- name: message_answered
update celery_message set answered_at = now() where id = $1;

-- name: forget_messages
delete from celery_message where id in (
    select id from celery_message where answered_at < now() - interval '7 days' limit $1 for update skip locked);
