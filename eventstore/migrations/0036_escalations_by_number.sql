-- The queue of escalations by one index: with the number that it goes on by, and the issuer that says who may see it
-- depends: 0035_tallies

-- migrate: apply

set local role remit_projector;

-- The checkpoint is locked first, as the projector does. Number and issuer, which never change, stand in the register; where
-- it is behind, all rows are made again from the log.
do $$
begin
    perform from remit.checkpoints where projection = 'attention' for update;
end;
$$;
alter table readmodel.attention add column number text collate "C", add column issuer text collate "C";
update readmodel.attention a set number = r.number, issuer = r.issuer
from readmodel.register r where r.instruction = a.instruction;
do $$
begin
    if exists (select from readmodel.attention where number is null or issuer is null) then
        delete from remit.checkpoints where projection = 'attention';
        truncate readmodel.attention;
    end if;
end;
$$;
-- squawk-ignore adding-not-nullable-field
alter table readmodel.attention alter column number set not null, alter column issuer set not null;
-- The projector waits as long as this takes; nothing else writes there.
-- squawk-ignore require-concurrent-index-creation
create index attention_since_by_number on readmodel.attention (coalesce(raised_since, ended_at, silenced_at), number)
include (instruction, issuer, raised, silence, silenced_until, ended, extension_until)
where not over and coalesce(raised_since, ended_at, silenced_at) is not null;

-- squawk-ignore require-concurrent-index-deletion
drop index readmodel.attention_since;

reset role;

-- migrate: rollback
