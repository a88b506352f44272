-- The audit trail: the tree over the log in tiles, and the checkpoints that were signed (docs/audit.md)
-- depends: 0009_register_sources

-- migrate: apply

create schema audit authorization remit_owner;
set local role remit_owner;
grant usage on schema audit to remit_appender, remit_projector, remit_auditor;

create table audit.tiles (
    level bigint not null check (level >= 0),
    number bigint not null check (number >= 0),
    hashes bytea not null,
    primary key (level, number)
);
-- Hashes do not compress.
alter table audit.tiles alter column hashes set storage external;
comment on table audit.tiles is 'Nodes of the tree over the log, 256 to a tile, as in C2SP tlog-tiles.';

create table audit.progress (
    singleton boolean primary key default true check (singleton),
    epoch bigint not null,
    position bigint not null check (position >= 0),
    published bigint not null check (published >= 0)
) with (fillfactor = 50);
insert into audit.progress (epoch, position, published) values (1, 0, 0);
comment on column audit.progress.position is 'Moved in the transaction that writes the tiles up to there.';
comment on column audit.progress.published is 'Number of the last checkpoint that was written outside.';

create table audit.checkpoints (
    number bigint primary key check (number > 0),
    size bigint not null check (size > 0),
    note text not null
);
comment on table audit.checkpoints is 'Signed notes; size repeats what the note says.';

create trigger append_only before update or delete or truncate on audit.checkpoints
for each statement execute function remit.refuse_rewriting();
alter table audit.checkpoints enable always trigger append_only;
revoke update, delete, truncate on audit.checkpoints from remit_owner;

-- The tiles are a projection of the log: made again from its first event when a new epoch begins.
grant select, insert, update, delete on audit.tiles to remit_projector;
grant select, update on audit.progress to remit_projector;
grant select, insert on audit.checkpoints to remit_projector;
grant select on audit.tiles, audit.progress, audit.checkpoints to remit_appender, remit_auditor;

reset role;

-- migrate: rollback
