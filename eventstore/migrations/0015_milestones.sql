-- read models: milestones that are not reached, and what calendar an instruction's due moments rest on
-- depends: 0014_append_bulk

-- migrate: apply

set local role remit_projector;

alter table readmodel.register
    add column milestone timestamptz,
    add column calendar text collate "C",
    add column calendar_version bigint,
    add column counted_first date,
    add column counted_last date;
alter table readmodel.departures add column milestone timestamptz;
alter table readmodel.periods add column milestone timestamptz;

-- The rows are made again from the log, with the new columns.
truncate readmodel.register, readmodel.departures, readmodel.periods;
delete from remit.checkpoints where projection in ('register', 'periods');

reset role;

-- migrate: rollback
