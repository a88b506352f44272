-- Views of the register that people keep for themselves: outside the log, since nothing follows from them
-- depends: 0032_filters

-- migrate: apply

set local role remit_owner;

create table remit.saved_views (
    person_id text collate "C" not null,
    place bigint not null check (place between 1 and 50),
    name text collate "C" not null check (char_length(name) between 1 and 100),
    query text collate "C" not null check (char_length(query) <= 16000),
    created_at timestamptz not null default clock_timestamp(),
    primary key (person_id, place),
    constraint saved_views_by_name unique (person_id, name)
);
comment on column remit.saved_views.place is 'One of the fifty that a person has room for.';
comment on column remit.saved_views.query is 'The filters, as the page''s address has them.';
grant select, insert, delete on remit.saved_views to remit_appender;
grant select on remit.saved_views to remit_auditor;

reset role;

-- migrate: rollback
