-- A row of a person for each commitment, never changed: the one that the log's commitment names counts
-- depends: 0007_programmes

-- migrate: apply

set local role remit_owner;

alter table remit.persons add column commitment text collate "C";

-- As domain/directory/commitment.py does it.
update remit.persons set commitment = encode(
    sha256(
        salt
        || int4send(octet_length(convert_to(name, 'UTF8'))) || convert_to(name, 'UTF8')
        || int4send(octet_length(convert_to(coalesce(email, ''), 'UTF8')))
        || convert_to(coalesce(email, ''), 'UTF8')
    ),
    'hex'
);

-- A row for each person: scanned and locked for no time that anybody would notice.
-- squawk-ignore-file adding-not-nullable-field, ban-drop-constraint, constraint-missing-not-valid, adding-serial-primary-key-field
alter table remit.persons
    alter column commitment set not null,
    drop constraint persons_pkey,
    add primary key (person_id, commitment);
comment on column remit.persons.commitment is
'What the log holds of this name and address: SHA-256 over salt, name and email.';
revoke update on remit.persons from remit_appender;

reset role;

-- migrate: rollback
