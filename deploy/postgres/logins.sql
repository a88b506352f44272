-- Databases and logins for Remit and, where it shares the server, for Temporal. Once, by a superuser:
--
--     psql -h database.internal -U postgres -f logins.sql
--
-- and a password for each of the three logins with psql's \password. Nobody logs in without one.

-- Roles of the log, without login. The migration would make them too; made here, they can be granted here.
create role remit_owner nologin;
create role remit_appender nologin;
create role remit_projector nologin;
create role remit_auditor nologin;

-- Who migrates: owns the database, and is used for `remit migrate` alone.
create role remit_migrator login createrole;
grant remit_owner, remit_appender, remit_projector, remit_auditor to remit_migrator
    with admin true, inherit false, set true;

-- Who runs Remit: workers, the web, the verbs. It may not change what is recorded.
create role remit login;
grant remit_appender, remit_projector, remit_auditor to remit with inherit false, set true;

create database remit owner remit_migrator encoding 'UTF8' template template0;
revoke connect, temporary on database remit from public;
grant connect on database remit to remit;

-- Temporal keeps what is pending, and what its own pages show, in databases of its own.
create role temporal login;
create database temporal owner temporal encoding 'UTF8' template template0;
-- Byte by byte: the watchdog asks for workflows by ranges of ids, in the order that the log has.
create database temporal_visibility owner temporal encoding 'UTF8' template template0
    locale_provider libc locale 'C';

\connect remit
-- Which migrations are applied: what `remit doctor` and a process's readiness look at.
alter default privileges for role remit_migrator in schema public grant select on tables to remit;
