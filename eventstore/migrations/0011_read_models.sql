-- Read models at scale: status periods, the ledger of due moments, and a place to rebuild them in
-- depends: 0010_audit

-- migrate: apply

-- A rebuild makes its tables here, beside the live ones, and then moves them there.
create schema readmodel_rebuild authorization remit_projector;

set local role remit_projector;

alter default privileges for role remit_projector in schema readmodel_rebuild
    grant select on tables to remit_appender, remit_auditor;

alter table readmodel.register add column acting text collate "C";
comment on column readmodel.register.acting is
    'The person who last acted for the lead, and so submitted what stands.';
alter table readmodel.departures
    add column acting text collate "C",
    add column refused boolean not null default false,
    add column cancelled_at timestamptz;

create table readmodel.periods (
    instruction text collate "C" not null,
    span bigint not null,
    programme text collate "C",
    from_position bigint,
    to_position bigint,
    from_moment timestamptz,
    to_moment timestamptz,
    phase text collate "C" not null,
    refused boolean not null,
    sector text,
    lead text collate "C",
    acting text collate "C",
    closed boolean not null,
    original_deadline timestamptz not null,
    deadline timestamptz not null,
    submitted_at timestamptz,
    cancelled_at timestamptz,
    stopped_at timestamptz,
    departed_at timestamptz,
    carried_from text collate "C",
    primary key (instruction, span)
);
comment on table readmodel.periods is
    'Spans in which a measure stood the same: from and to a position of the log as it was known then, '
    'and from and to a moment of business time as it is known now. A span may be of one kind only.';
create index periods_by_position on readmodel.periods (programme, to_position, from_position);
create index periods_by_moment on readmodel.periods (programme, to_moment, from_moment);

create table readmodel.ledger (
    instruction text collate "C" not null,
    entry bigint not null,
    kind text collate "C" not null,
    rule text collate "C",
    occurrence bigint,
    revision bigint,
    due_at timestamptz,
    status text collate "C" not null,
    at timestamptz,
    late boolean,
    why text,
    sent_to text collate "C",
    version bigint,
    recipient text collate "C",
    channel text collate "C",
    outcome text collate "C",
    outcome_at timestamptz,
    attempts bigint,
    detail text,
    primary key (instruction, entry)
);
comment on table readmodel.ledger is
    'Due moments of reminders and escalations, planned, fired or suppressed; a row for each notice.';

-- The rows are made again from the log, with the new columns.
truncate readmodel.register, readmodel.departures;
delete from remit.checkpoints where projection = 'register';

reset role;

-- migrate: rollback
