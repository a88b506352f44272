-- How far each projection has read
-- depends: 0003_append

-- migrate: apply

set local role remit_owner;

create table remit.checkpoints (
    projection text collate "C" primary key,
    epoch bigint not null,
    position bigint not null
) with (fillfactor = 50);
comment on table remit.checkpoints is 'Moved in the transaction that writes the rows read up to there.';
grant select, insert, update, delete on remit.checkpoints to remit_projector;
grant select on remit.checkpoints to remit_appender, remit_auditor;

reset role;

-- migrate: rollback
