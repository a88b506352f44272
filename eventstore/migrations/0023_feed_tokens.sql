-- Tokens of the calendars that people subscribe to: outside the log, by their hash alone
-- depends: 0022_agenda

-- migrate: apply

set local role remit_owner;

create table remit.feed_tokens (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    person_id text collate "C" not null,
    language text not null check (language in ('en', 'ru')),
    created_at timestamptz not null default clock_timestamp(),
    revoked_at timestamptz
);
comment on column remit.feed_tokens.token_hash is 'SHA-256 of the token, which is kept nowhere.';
create index feed_tokens_by_person on remit.feed_tokens (person_id);
grant select, insert, delete on remit.feed_tokens to remit_appender;
grant update (revoked_at) on remit.feed_tokens to remit_appender;
grant select on remit.feed_tokens to remit_auditor;

reset role;

-- migrate: rollback
