-- Who may do what: four roles without login, and the schemas of the log and of the read models
-- depends:

-- migrate: apply

-- Roles belong to the whole server: another database may have made them already, or be making them
-- at this very moment.
do $$
declare
    wanted text;
begin
    foreach wanted in array
        array['remit_owner', 'remit_appender', 'remit_projector', 'remit_auditor']
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted) then
            begin
                execute format('create role %I nologin', wanted);
            exception when duplicate_object or unique_violation then
                null;
            end;
        end if;
        -- Whoever migrates gives objects to the owner, and may run Remit under the same login.
        if not pg_has_role(current_user, wanted, 'SET') then
            execute format('grant %I to %I with set true, inherit false', wanted, current_user);
        end if;
    end loop;
end
$$;

create schema remit authorization remit_owner;
set local role remit_owner;
grant usage on schema remit to remit_appender, remit_projector, remit_auditor;
reset role;

-- The projector owns what it projects: a rebuild makes a table beside the live one and switches.
create schema readmodel authorization remit_projector;
set local role remit_projector;
grant usage on schema readmodel to remit_appender, remit_auditor;
alter default privileges for role remit_projector in schema readmodel
    grant select on tables to remit_appender, remit_auditor;
reset role;

-- migrate: rollback
