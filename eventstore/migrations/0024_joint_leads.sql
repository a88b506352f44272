-- read models: the others that answer for an instruction together with its lead
-- depends: 0023_feed_tokens

-- migrate: apply

set local role remit_projector;

alter table readmodel.register add column joint_leads text collate "C";

-- The rows are made again from the log, with the new column.
truncate readmodel.register, readmodel.departures;
delete from remit.checkpoints where projection = 'register';

reset role;

-- migrate: rollback
