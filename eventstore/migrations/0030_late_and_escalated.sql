-- What is late in the order of its index, with what its totals count; escalations likewise
-- depends: 0029_lists

-- migrate: apply

set local role remit_projector;

-- From when it is behind schedule, if it goes on as it is; none if it is closed, submitted or stopped. A column, and no
-- condition of an index: so the planner knows how many are late, and reads a page in the order of the index.
-- The projector waits as long as this takes; nothing else writes there.
-- squawk-ignore adding-field-with-default
alter table readmodel.register add column late_from timestamptz generated always as (
    case when not closed and submitted_at is null and stopped_at is null then least(deadline, milestone) end
) stored;
-- squawk-ignore require-concurrent-index-creation
create index register_late on readmodel.register (late_from, number)
include (instruction, issuer, lead, joint_leads, programme, sector, controller)
where late_from is not null;
-- squawk-ignore require-concurrent-index-creation
create index register_open on readmodel.register (instruction)
include (issuer, lead, joint_leads, programme, sector, controller)
where not closed;
-- squawk-ignore require-concurrent-index-creation
create index attention_open on readmodel.attention (instruction)
include (raised, silence, silenced_until, ended, heard_at, extension_until)
where not over;
-- Of whatever standing: the one before it was of what is raised.
-- squawk-ignore require-concurrent-index-creation
create index attention_since on readmodel.attention (coalesce(raised_since, ended_at, silenced_at))
include (instruction, raised, silence, silenced_until, ended, extension_until)
where not over and coalesce(raised_since, ended_at, silenced_at) is not null;

-- squawk-ignore require-concurrent-index-deletion
drop index readmodel.register_behind;
-- squawk-ignore require-concurrent-index-deletion
drop index readmodel.attention_raised;

reset role;

-- migrate: rollback
