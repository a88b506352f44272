-- Names and addresses of people: outside the log, so that they can be erased
-- depends: 0004_projections

-- migrate: apply

set local role remit_owner;

create table remit.persons (
    person_id text collate "C" primary key,
    name text not null,
    email text,
    salt bytea not null
);
comment on column remit.persons.salt is 'Opens the person''s commitment in the log; erased with the row.';
grant select, insert, update, delete on remit.persons to remit_appender;
grant select on remit.persons to remit_auditor;

reset role;

-- migrate: rollback
