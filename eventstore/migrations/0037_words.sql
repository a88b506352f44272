-- The words of an instruction are taken apart when it changes, and not for each row that a search looks at
-- depends: 0036_escalations_by_number

-- migrate: apply

-- The projector waits as long as all this takes; nothing else writes there.
-- squawk-ignore-file adding-field-with-default, require-concurrent-index-creation, require-concurrent-index-deletion
set local role remit_projector;

drop index readmodel.register_by_words;
-- The configuration `russian` reads words in Latin letters by the rules of English.
alter table readmodel.register
    add column words tsvector generated always as (
        to_tsvector('russian', number || ' ' || text)
    ) stored;
create index register_by_words on readmodel.register using gin (words);

reset role;

-- migrate: rollback
