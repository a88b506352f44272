-- Lists of what one filter chooses: by an index, so that what is rare is not looked for in all of the register
-- depends: 0031_as_of

-- migrate: apply

set local role remit_projector;

-- The projector waits as long as these take; nothing else writes there.
-- squawk-ignore require-concurrent-index-creation
create index register_of_phase on readmodel.register (phase, number);
-- squawk-ignore require-concurrent-index-creation
create index register_of_sector on readmodel.register (sector, number);
-- squawk-ignore require-concurrent-index-creation
create index register_of_issuer on readmodel.register (issuer, number);
-- squawk-ignore require-concurrent-index-creation
create index register_of_controller on readmodel.register (controller, number);
-- squawk-ignore require-concurrent-index-creation
create index register_of_source on readmodel.register (source_kind, number);
-- squawk-ignore require-concurrent-index-creation
create index register_of_joint_leads on readmodel.register using gin (string_to_array(joint_leads, ' '));

-- squawk-ignore require-concurrent-index-creation
create index ledger_collapsed on readmodel.ledger (instruction) where status = 'collapsed';
-- squawk-ignore require-concurrent-index-creation
create index ledger_acknowledged on readmodel.ledger (instruction) where acknowledged_at is not null;

reset role;

-- migrate: rollback
