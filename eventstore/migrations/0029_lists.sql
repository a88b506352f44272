-- Lists by the index of what they ask: what is behind schedule from when, escalations since when, and a scope's by number
-- depends: 0028_register_by_number

-- migrate: apply

set local role remit_projector;

-- The projector waits as long as these take; nothing else writes there. Lists are read meanwhile, but for the last few steps.
-- squawk-ignore require-concurrent-index-creation
create index register_behind on readmodel.register (least(deadline, milestone), number)
where not closed and submitted_at is null and stopped_at is null;

-- squawk-ignore require-concurrent-index-creation
create index ledger_unsettled on readmodel.ledger (outcome) where outcome in ('waiting', 'failed');

-- squawk-ignore require-concurrent-index-creation
create index parties_of_instruction on readmodel.parties (instruction) include (relation, body);

-- squawk-ignore require-concurrent-index-creation
create index parties_by_number on readmodel.parties (body, relation, number);

-- Escalations of what is over are most of all, after some years. The rows are made again from the log, with the new column;
-- the checkpoint is locked first, as the projector does.
delete from remit.checkpoints where projection = 'attention';
truncate readmodel.attention;
-- squawk-ignore adding-required-field
alter table readmodel.attention add column over boolean not null;
-- squawk-ignore require-concurrent-index-creation
create index attention_raised on readmodel.attention (coalesce(raised_since, ended_at, silenced_at))
where raised and not over;

-- squawk-ignore require-concurrent-index-deletion
drop index readmodel.register_behind_schedule;
-- squawk-ignore require-concurrent-index-deletion
drop index readmodel.parties_by_instruction;

reset role;

-- migrate: rollback
