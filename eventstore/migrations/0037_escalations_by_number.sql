-- The queue of escalations by one index: with the number that it goes on by, and the issuer that says who may see it
-- depends: 0034_settled

-- migrate: apply

set local role remit_projector;

-- The rows are made again from the log, with the new columns; the checkpoint is locked first, as the projector does.
delete from remit.checkpoints where projection = 'attention';
truncate readmodel.attention;
-- squawk-ignore adding-required-field
alter table readmodel.attention add column number text collate "C" not null;
-- squawk-ignore adding-required-field
alter table readmodel.attention add column issuer text collate "C" not null;
-- The projector waits as long as this takes; nothing else writes there.
-- squawk-ignore require-concurrent-index-creation
create index attention_since_by_number on readmodel.attention (coalesce(raised_since, ended_at, silenced_at), number)
include (instruction, issuer, raised, silence, silenced_until, ended, extension_until)
where not over and coalesce(raised_since, ended_at, silenced_at) is not null;

-- squawk-ignore require-concurrent-index-deletion
drop index readmodel.attention_since;

reset role;

-- migrate: rollback
