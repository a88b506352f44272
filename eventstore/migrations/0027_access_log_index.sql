-- The log of access: who signed in and out as well; found by when it was
-- depends: 0026_parties

-- migrate: apply

set local role remit_owner;

-- What is there fits: these outcomes are more than there were.
alter table remit.access_log
-- squawk-ignore ban-drop-constraint
drop constraint access_log_outcome_check,
-- squawk-ignore constraint-missing-not-valid
add constraint access_log_outcome_check check (
    outcome in ('refused', 'read', 'command-refused', 'signed-in', 'signed-out')
);
comment on table remit.access_log is
'Who came in and left by a browser, who was refused, who read for an audit. Append-only; persons by opaque id.';

-- Requests wait for as long as that takes: without the log of access nothing is answered.
-- squawk-ignore require-concurrent-index-creation
create index access_log_by_time on remit.access_log (at);

reset role;

-- migrate: rollback
