-- The register as of a moment: what one body led, what stood in one phase, and what was late, each by an index
-- depends: 0030_late_and_escalated

-- migrate: apply

set local role remit_projector;

-- As in the register: from when it was behind schedule, if it had gone on so.
-- The projector waits as long as this takes; nothing else writes there.
-- squawk-ignore adding-field-with-default
alter table readmodel.periods add column late_from timestamptz generated always as (
    case when not closed and submitted_at is null and stopped_at is null then least(deadline, milestone) end
) stored;
-- squawk-ignore require-concurrent-index-creation
create index periods_late on readmodel.periods (late_from) where late_from is not null;
-- Of each instruction the one span that holds the moment: the others, six or so, lie elsewhere.
-- squawk-ignore require-concurrent-index-creation
create index periods_of_instruction_by_moment on readmodel.periods (instruction, to_moment, from_moment);
-- squawk-ignore require-concurrent-index-creation
create index periods_of_instruction_by_position on readmodel.periods (instruction, to_position, from_position);
-- squawk-ignore require-concurrent-index-creation
create index periods_of_lead_by_moment on readmodel.periods (lead, to_moment, from_moment);
-- squawk-ignore require-concurrent-index-creation
create index periods_of_lead_by_position on readmodel.periods (lead, to_position, from_position);
-- squawk-ignore require-concurrent-index-creation
create index periods_of_phase_by_moment on readmodel.periods (phase, to_moment, from_moment);
-- squawk-ignore require-concurrent-index-creation
create index periods_of_phase_by_position on readmodel.periods (phase, to_position, from_position);

reset role;

-- migrate: rollback
