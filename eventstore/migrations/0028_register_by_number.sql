-- The register by number: the first page of a list is the first of an index, however long the list is
-- depends: 0027_access_log_index

-- migrate: apply

set local role remit_projector;

-- The projector waits as long as that takes; nothing else writes there.
-- squawk-ignore require-concurrent-index-creation
create index register_by_number on readmodel.register (number);

reset role;

-- migrate: rollback
