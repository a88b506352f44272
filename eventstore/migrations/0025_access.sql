-- Who comes in over HTTP: tokens and sessions by their hashes alone, and the log of access
-- depends: 0024_joint_leads

-- migrate: apply

set local role remit_owner;

create table remit.api_tokens (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    id text collate "C" not null constraint api_tokens_id unique,
    person_id text collate "C" not null,
    label text not null,
    scopes text[] not null check (
        cardinality(scopes) > 0 and scopes <@ array['read', 'command', 'audit', 'admin']
    ),
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    last_used_at timestamptz,
    -- In hours: what a day is would depend on the session's zone.
    constraint api_tokens_end check (
        expires_at > created_at and expires_at <= created_at + interval '8784 hours'
    )
);
comment on column remit.api_tokens.token_hash is 'SHA-256 of the token, which is kept nowhere.';
comment on column remit.api_tokens.last_used_at is 'To the hour.';
create index api_tokens_by_person on remit.api_tokens (person_id);
grant select, insert, delete on remit.api_tokens to remit_appender;
grant update (revoked_at, last_used_at) on remit.api_tokens to remit_appender;
grant select on remit.api_tokens to remit_auditor;

create table remit.sessions (
    session_hash bytea primary key check (octet_length(session_hash) = 32),
    person_id text collate "C" not null,
    created_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    last_seen_at timestamptz not null default clock_timestamp()
);
comment on column remit.sessions.session_hash is 'SHA-256 of what the cookie holds.';
comment on column remit.sessions.last_seen_at is 'To the minute.';
create index sessions_by_person on remit.sessions (person_id);
create index sessions_by_end on remit.sessions (expires_at);
grant select, insert, delete on remit.sessions to remit_appender;
grant update (last_seen_at) on remit.sessions to remit_appender;
grant select on remit.sessions to remit_auditor;

create table remit.access_log (
    id bigint generated always as identity primary key,
    at timestamptz not null default clock_timestamp(),
    person_id text collate "C",
    how text collate "C",
    method text collate "C" not null,
    route text collate "C" not null,
    subject text collate "C",
    outcome text collate "C" not null check (outcome in ('refused', 'read', 'command-refused')),
    code text collate "C",
    request_id text collate "C",
    remote_address inet
);
comment on table remit.access_log is 'Who was refused, and who read for an audit. Append-only; persons by opaque id.';
comment on column remit.access_log.route is 'The path as the API''s document has it, with no values in it.';
comment on column remit.access_log.subject is 'The id or number of what it was about.';
create index access_log_by_person on remit.access_log (person_id, id);

create trigger append_only before update or delete or truncate on remit.access_log
    for each statement execute function remit.refuse_rewriting();
alter table remit.access_log enable always trigger append_only;
revoke update, delete, truncate on remit.access_log from remit_owner;
grant insert on remit.access_log to remit_appender;
grant select on remit.access_log to remit_auditor;

reset role;

-- migrate: rollback
