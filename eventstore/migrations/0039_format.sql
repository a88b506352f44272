-- What may be written to the log while programs of two versions work on it
-- depends: 0038_joint_leads_each

-- migrate: apply

set local role remit_owner;

alter table remit.counter add column format bigint not null default 1;
comment on column remit.counter.format is
    'The format of the log (eventstore/codec.py): what came with a later one is not written yet. Grows.';

create function remit.raise_format(wanted bigint) returns bigint
language sql
security definer
set search_path = pg_catalog, pg_temp
begin atomic
    update remit.counter set format = greatest(format, wanted) where singleton returning format;
end;
comment on function remit.raise_format is
    'To be called by the owner once every process that knows no format as late has ended.';
revoke all on function remit.raise_format from public;

reset role;

-- migrate: rollback
