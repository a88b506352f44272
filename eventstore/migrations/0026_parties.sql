-- Read model: which bodies stand to each instruction, and how; and the register's words
-- depends: 0025_access

-- migrate: apply

set local role remit_projector;

create table readmodel.parties (
    body text collate "C" not null,
    relation text collate "C" not null,
    instruction text collate "C" not null,
    number text collate "C" not null,
    primary key (body, relation, instruction)
);
comment on table readmodel.parties is 'Who may see an instruction in a list goes by this.';
create index parties_by_instruction on readmodel.parties (instruction);

-- The configuration `russian` reads words in Latin letters by the rules of English.
-- The projector waits as long as that takes; nothing else writes there.
-- squawk-ignore require-concurrent-index-creation
create index register_by_words on readmodel.register
using gin (to_tsvector('russian', number || ' ' || text));

reset role;

-- migrate: rollback
