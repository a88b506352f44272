-- Measures in the programmes they left, and what the register says of suspension, proposals and parts
-- depends: 0006_register

-- migrate: apply

set local role remit_projector;

alter table readmodel.register
    add column stopped_at timestamptz,
    add column refused boolean not null default false,
    add column carried_from text collate "C",
    add column parent text collate "C";

create table readmodel.departures (
    programme text collate "C" not null,
    instruction text collate "C" not null,
    departed_at timestamptz not null,
    went_into text collate "C" not null,
    number text collate "C" not null,
    text text not null,
    sector text,
    lead text collate "C",
    phase text collate "C" not null,
    closed boolean not null,
    original_deadline timestamptz not null,
    deadline timestamptz not null,
    submitted_at timestamptz,
    stopped_at timestamptz,
    carried_from text collate "C",
    primary key (programme, instruction)
);
comment on table readmodel.departures is
    'Measures that were carried over, as they stood when they left the programme.';
create index departures_of_instruction on readmodel.departures (instruction);

create table readmodel.programmes (
    programme text collate "C" primary key,
    title text not null,
    body text collate "C" not null,
    phase text collate "C" not null,
    period_start date not null,
    period_end date not null
);

-- The rows are made again from the log, with the new columns.
truncate readmodel.register;
delete from remit.checkpoints where projection = 'register';

reset role;

-- migrate: rollback
