-- What operators look at: when an instruction was last heard of and warned of, and how its escalation stands
-- depends: 0018_held_notices

-- migrate: apply

set local role remit_projector;

create table readmodel.attention (
    instruction text collate "C" primary key,
    heard_at timestamptz,
    heard_by text collate "C",
    heard text collate "C",
    warned_at timestamptz,
    warned text collate "C",
    raised boolean not null,
    raised_since timestamptz,
    escalated_at timestamptz,
    escalated_by text collate "C",
    escalated_to text collate "C",
    escalated_body text collate "C",
    step text collate "C",
    reason text,
    silence text collate "C",
    silenced_at timestamptz,
    silenced_by text collate "C",
    silenced_until timestamptz,
    silence_reason text,
    ended boolean not null,
    ended_at timestamptz,
    ended_by text collate "C",
    ended_reason text,
    next_step text collate "C",
    next_to text collate "C",
    next_at timestamptz,
    extension_until timestamptz
);
comment on table readmodel.attention is
    'A row for each instruction: who was last heard and warned, how its escalation stands, what comes next.';
comment on column readmodel.attention.warned is 'Ids of persons, with a space between.';

reset role;

-- migrate: rollback
