-- The log: events, what the append keeps in step with them, and the guard that keeps them as written
-- depends: 0001_roles_and_schemas

-- migrate: apply

set local role remit_owner;

-- Names compare byte by byte (collate "C"), so that order is the same here, in memory and anywhere.
-- No foreign keys: remit.append is the only writer, and each would cost a row lock per event.

create table remit.events (
    position bigint primary key check (position > 0),
    stream_id text collate "C" not null,
    version bigint not null check (version > 0),
    type text collate "C" not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text collate "C" not null,
    command_id text collate "C" not null,
    body bytea not null,
    constraint events_stream_version unique (stream_id, version)
);
create index events_recorded_at on remit.events (recorded_at, position);
comment on table remit.events is 'The truth. Append-only; positions are dense from 1.';
comment on column remit.events.body is 'JSON of the versioned event: the very bytes that were hashed.';

create table remit.streams (
    stream_id text collate "C" primary key,
    version bigint not null check (version > 0),
    next_wake timestamptz,
    closed boolean not null
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
create index streams_due on remit.streams (next_wake, stream_id)
    where not closed and next_wake is not null;
create index streams_open on remit.streams (stream_id) where not closed;
comment on table remit.streams is 'The authority for each stream''s version.';

create table remit.commands (
    command_id text collate "C" primary key,
    request_hash bytea not null,
    stream_id text collate "C" not null,
    version bigint not null,
    position bigint not null
);
comment on table remit.commands is 'Every recorded command and its answer, so that a retry gets it again.';

create table remit.claims (
    key text collate "C" primary key,
    command_id text collate "C" not null,
    stream_id text collate "C" not null
);
comment on table remit.claims is 'Unique keys, such as an instruction''s number; once taken, taken.';

create table remit.outbox (
    stream_id text collate "C" not null,
    version bigint not null,
    recipient text collate "C" not null,
    channel text collate "C" not null,
    settled_at timestamptz,
    primary key (stream_id, version, recipient, channel)
) with (fillfactor = 90);
create index outbox_undelivered on remit.outbox (stream_id, version, recipient, channel)
    where settled_at is null;
comment on table remit.outbox is 'Notices that events gave, and when the outcome of each was recorded.';

-- One row that every append rewrites: room for its versions on the one page, vacuumed by count.
create table remit.counter (
    singleton boolean primary key default true check (singleton),
    position bigint not null,
    recorded_at timestamptz not null,
    epoch bigint not null
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
insert into remit.counter (position, recorded_at, epoch) values (0, '-infinity', 1);
comment on table remit.counter is 'The log''s head and clock, and the one lock that appends queue for.';
comment on column remit.counter.epoch is 'Grows when a failover may have lost the tail.';

create function remit.refuse_rewriting() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception 'the log is append-only: % on %.% is refused',
        tg_op, tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

-- `always`: not even a session that calls itself a replica passes.
create trigger append_only before update or delete or truncate on remit.events
    for each statement execute function remit.refuse_rewriting();
alter table remit.events enable always trigger append_only;
create trigger append_only before update or delete or truncate on remit.commands
    for each statement execute function remit.refuse_rewriting();
alter table remit.commands enable always trigger append_only;
create trigger append_only before update or delete or truncate on remit.claims
    for each statement execute function remit.refuse_rewriting();
alter table remit.claims enable always trigger append_only;

-- The owner included: what remains to it is what remit.append needs.
revoke update, delete, truncate on remit.events, remit.commands, remit.claims from remit_owner;
revoke delete, truncate on remit.counter, remit.streams, remit.outbox from remit_owner;

grant select on
    remit.events, remit.streams, remit.commands, remit.claims, remit.outbox, remit.counter
    to remit_appender, remit_projector, remit_auditor;

create function remit.begin_epoch() returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
begin atomic
    update remit.counter set epoch = epoch + 1 where singleton returning epoch;
end;
comment on function remit.begin_epoch is 'To be called by the owner after a failover that may have lost the tail.';
revoke all on function remit.begin_epoch from public;
revoke all on function remit.refuse_rewriting from public;

reset role;

-- migrate: rollback
