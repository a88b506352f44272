-- The register: one row per instruction, as it stands now
-- depends: 0005_persons

-- migrate: apply

set local role remit_projector;

create table readmodel.register (
    instruction text collate "C" primary key,
    number text collate "C" not null unique,
    text text not null,
    programme text collate "C",
    sector text,
    issuer text collate "C" not null,
    controller text collate "C",
    lead text collate "C",
    phase text collate "C" not null,
    closed boolean not null,
    original_deadline timestamptz not null,
    deadline timestamptz not null,
    submitted_at timestamptz,
    cancelled_at timestamptz,
    percent bigint not null,
    escalated boolean not null,
    version bigint not null
);
create index register_of_programme on readmodel.register (programme, number);
create index register_of_lead on readmodel.register (lead, number);
create index register_behind_schedule on readmodel.register (deadline)
    where not closed and submitted_at is null;

reset role;

-- migrate: rollback
