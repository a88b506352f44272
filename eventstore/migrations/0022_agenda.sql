-- Read model: what each body has to do, and by when
-- depends: 0021_person_addresses

-- migrate: apply

set local role remit_projector;

create table readmodel.agenda (
    body text collate "C" not null,
    instruction text collate "C" not null,
    number text collate "C" not null,
    text text not null,
    issuer text collate "C" not null,
    lead text collate "C",
    deadline timestamptz not null,
    deadline_on date,
    suspended boolean not null,
    version bigint not null,
    changed_at timestamptz not null,
    primary key (body, instruction)
);
comment on table readmodel.agenda is
'Open instructions by each body that is their lead, co-assignee or controller.';
create index agenda_by_instruction on readmodel.agenda (instruction);

reset role;

-- migrate: rollback
