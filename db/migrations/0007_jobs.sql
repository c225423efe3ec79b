-- Work that happens later, and what makes some of it happen again and again.
set local lock_timeout = '2s';

-- A row is a job that is not done yet: doing it deletes the row, so the table is as large as the backlog.
create table job (
    id uuid primary key default gen_random_uuid(),
    kind text not null,
    payload jsonb not null,
    priority smallint not null,
    -- scheduled: for later, by the clock of the business. waiting: for a hand. running: a process has it until
    -- lease_until. retrying: failed, to be tried again at ready_at. dead: given up, kept for people to look at.
    status text not null,
    -- By the clock of the business; null: at once.
    run_at timestamptz,
    -- Everything else here is the database's own time, which all processes share: since when, or from when on, it
    -- waits for a hand.
    ready_at timestamptz not null default now(),
    lease_until timestamptz,
    -- Rises with every try, and each try must show its own to end the job: who comes back after his lease has passed
    -- to another has an old one.
    token int not null default 0,
    -- Tries begun, without those that a stopping process gave back.
    tries int not null default 0,
    unique_key text,
    -- The last failures, newest first, at most five.
    errors text[] not null default '{}',
    created_at timestamptz not null default now(),
    constraint job_status check (status in ('scheduled', 'waiting', 'running', 'retrying', 'dead')),
    constraint job_lease check ((status = 'running') = (lease_until is not null)),
    constraint job_scheduled check (status <> 'scheduled' or run_at is not null)
) with (
    -- Every job is one insert, two updates and a delete. Vacuum by count, not by share of a table whose size swings
    -- between nothing and 100,000, and without pausing; room on the page keeps the updates there.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0.0, autovacuum_vacuum_insert_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.0, autovacuum_analyze_threshold = 5000,
    autovacuum_vacuum_cost_delay = 0
);

-- Claiming reads the front of this one, kind by kind: kinds that nobody here knows, or that have enough hands at
-- work, are not waded through.
create index job_waiting on job (kind, priority, ready_at) where status = 'waiting';
create index job_scheduled on job (run_at) where status = 'scheduled';
create index job_retrying on job (ready_at) where status = 'retrying';
-- Whose lease has ended, and how many of a kind are at work.
create index job_running on job (kind, lease_until) where status = 'running';
create index job_dead on job (ready_at) where status = 'dead';
create unique index job_unique on job (kind, unique_key)
    where unique_key is not null and status in ('scheduled', 'waiting', 'retrying');

-- What happens every so often. Whoever moves next_at on enqueues the job, so that any number of processes do it once.
create table job_schedule (
    kind text primary key,
    -- The database's time, plus what a test has moved the clock by.
    next_at timestamptz not null
);

-- Messages that were taken from a Celery queue: each makes one job, however often it is delivered, and its sender is
-- told how that ended. Rows go some days after.
create table celery_message (
    id uuid primary key,        -- the sender's; the job has the same
    kind text not null,
    ignore_result boolean not null,
    parent_id text,             -- told back as they came
    group_id text,
    refused text,               -- why no job was made
    revoked boolean not null default false,
    taken_at timestamptz not null default now(),
    answered_at timestamptz
);
create index celery_message_unanswered on celery_message (taken_at) where answered_at is null;
create index celery_message_answered on celery_message (answered_at) where answered_at is not null;
