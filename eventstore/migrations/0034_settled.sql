-- Figures of what is closed: how late it was does not depend on the moment any more, and is counted from an index
-- depends: 0033_saved_views

-- migrate: apply

set local role remit_projector;

-- None while it is open. The projector waits as long as this takes; nothing else writes there.
-- squawk-ignore adding-field-with-default
alter table readmodel.register add column settled_late boolean generated always as (
    case when closed then coalesce(submitted_at, cancelled_at) > original_deadline end
) stored;
-- squawk-ignore adding-field-with-default
alter table readmodel.register add column settled_behind boolean generated always as (
    case when closed then coalesce(submitted_at, stopped_at, cancelled_at) > deadline end
) stored;
-- squawk-ignore require-concurrent-index-creation
create index register_settled on readmodel.register
(programme, sector, lead, phase, refused, settled_late, settled_behind) where closed;
-- squawk-ignore require-concurrent-index-creation
create index register_open_of_programme on readmodel.register (programme) where not closed;

reset role;

-- migrate: rollback
