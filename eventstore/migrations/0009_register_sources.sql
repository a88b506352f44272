-- The register says which document an instruction comes from
-- depends: 0008_persons_by_commitment

-- migrate: apply

set local role remit_projector;

alter table readmodel.register
    add column source_kind text collate "C",
    add column source_number text;

-- The rows are made again from the log, with the new columns.
truncate readmodel.register, readmodel.departures;
delete from remit.checkpoints where projection = 'register';

reset role;

-- migrate: rollback
