-- What a programme's page counts of all its measures is kept counted: tallies of the register's rows that are alike
-- depends: 0034_settled

-- migrate: apply

-- The projector waits as long as all this takes; nothing else writes there.
-- squawk-ignore-file adding-field-with-default, require-concurrent-index-creation, require-concurrent-index-deletion, ban-drop-column
set local role remit_projector;

-- A moment within the same month, in every zone: the middle of it, or where months end in one zone sooner than in another,
-- the quarter of an hour that the moment lies in. So few are left of many moments. The very end of a month, which most
-- deadlines are, is in it still.
create function readmodel.month_part(moment timestamptz)
returns timestamptz
language sql
immutable
parallel safe
return case
    when date_trunc('month', moment at time zone 'UTC' + interval '14 hours')
        <> date_trunc('month', moment at time zone 'UTC' - interval '12 hours 1 microsecond')
        then date_bin(
            '15 minutes', moment at time zone 'UTC' - interval '1 microsecond', '1970-01-01'::timestamp
        ) at time zone 'UTC'
    else (date_trunc('month', moment at time zone 'UTC') + interval '14 days') at time zone 'UTC'
end;

drop index readmodel.register_settled;
drop index readmodel.register_open_of_programme;
alter table readmodel.register
    drop column settled_late,
    drop column settled_behind,
    add column counted boolean generated always as (
        phase <> 'Proposed' and cancelled_at is null
    ) stored,
    add column late_for_good boolean generated always as (
        coalesce(submitted_at, cancelled_at) > original_deadline
    ) stored,
    add column behind_for_good boolean generated always as (
        coalesce(submitted_at, stopped_at, cancelled_at) > deadline
    ) stored,
    add column original_from timestamptz generated always as (
        case when submitted_at is null and cancelled_at is null then original_deadline end
    ) stored,
    add column planned_in timestamptz generated always as (
        case when phase <> 'Proposed' and cancelled_at is null then readmodel.month_part(original_deadline) end
    ) stored,
    add column due_in timestamptz generated always as (
        case when phase <> 'Proposed' and cancelled_at is null then readmodel.month_part(deadline) end
    ) stored,
    add column submitted_in timestamptz generated always as (
        case when phase = 'Completed' and cancelled_at is null then readmodel.month_part(submitted_at) end
    ) stored;
comment on column readmodel.register.late_for_good is
'Whether it was submitted or cancelled after the original deadline; none where that depends on the moment asked about.';
comment on column readmodel.register.original_from is
'From when it is late by the original deadline, if it goes on as it is.';

create index register_late_of_programme on readmodel.register (programme, late_from) include (sector, lead)
where counted and late_from is not null;
create index register_original_of_programme on readmodel.register (programme, original_from) include (sector, lead)
where counted and original_from is not null;

create table readmodel.register_alike (
    programme text collate "C",
    sector text,
    lead text collate "C",
    phase text collate "C" not null,
    refused boolean not null,
    closed boolean not null,
    counted boolean not null,
    late_for_good boolean,
    behind_for_good boolean,
    measures bigint not null,
    unique nulls not distinct (
        programme, sector, lead, phase, refused, closed, counted, late_for_good, behind_for_good
    )
);
create table readmodel.register_planned (
    programme text collate "C",
    planned_in timestamptz,
    measures bigint not null,
    unique nulls not distinct (programme, planned_in)
);
create table readmodel.register_due (
    programme text collate "C",
    due_in timestamptz,
    measures bigint not null,
    unique nulls not distinct (programme, due_in)
);
create table readmodel.register_submitted (
    programme text collate "C",
    submitted_in timestamptz,
    measures bigint not null,
    unique nulls not distinct (programme, submitted_in)
);
comment on table readmodel.register_alike is 'How many rows of the register stand alike.';
comment on table readmodel.register_planned is 'How many were to be done in each part of a month, by the original deadline.';
comment on table readmodel.register_due is 'How many are to be done in each part of a month, by the approved deadline.';
comment on table readmodel.register_submitted is 'How many that are implemented were submitted in each part of a month.';
-- Those that none are left of are found by these, and taken away.
create index register_alike_none on readmodel.register_alike (measures) where measures = 0;
create index register_planned_none on readmodel.register_planned (measures) where measures = 0;
create index register_due_none on readmodel.register_due (measures) where measures = 0;
create index register_submitted_none on readmodel.register_submitted (measures) where measures = 0;

-- Keeps tallies in step with a table, in the statement that changes it. A tally is named after it, in the same schema. Arguments, in
-- pairs: a tally, and its columns but for `measures`, which are the table's too.
create function readmodel.keep_tallies() returns trigger
language plpgsql
as $$
declare
    changed constant text := case tg_op
        when 'INSERT' then 'select 1 as measures, * from made'
        when 'DELETE' then 'select -1 as measures, * from gone'
        else 'select 1 as measures, * from made union all select -1, * from gone'
    end;
    tally text;
    written bigint;
begin
    if tg_op = 'DELETE' then
        if not exists (select from gone) then
            return null;
        end if;
    elsif not exists (select from made) then
        return null;
    end if;
    for place in 0 .. tg_nargs - 1 by 2 loop
        tally := format('%I.%I', tg_table_schema, tg_argv[place]);
        execute format(
            'insert into %1$s as held (%2$s, measures) '
            'select %2$s, sum(measures) from (%3$s) changed group by %2$s having sum(measures) <> 0 '
            'on conflict (%2$s) do update set measures = held.measures + excluded.measures',
            tally, tg_argv[place + 1], changed
        );
        get diagnostics written = row_count;
        if written > 0 then
            execute format('delete from %s where measures = 0', tally);
        end if;
    end loop;
    return null;
end;
$$;

create function readmodel.empty_tallies() returns trigger
language plpgsql
as $$
begin
    for place in 0 .. tg_nargs - 1 by 2 loop
        execute format('delete from %I.%I', tg_table_schema, tg_argv[place]);
    end loop;
    return null;
end;
$$;

create trigger tallies_inserted after insert on readmodel.register
referencing new table as made for each statement execute function readmodel.keep_tallies(
    'register_alike', 'programme, sector, lead, phase, refused, closed, counted, late_for_good, behind_for_good',
    'register_planned', 'programme, planned_in',
    'register_due', 'programme, due_in',
    'register_submitted', 'programme, submitted_in'
);
create trigger tallies_updated after update on readmodel.register
referencing old table as gone new table as made for each statement execute function readmodel.keep_tallies(
    'register_alike', 'programme, sector, lead, phase, refused, closed, counted, late_for_good, behind_for_good',
    'register_planned', 'programme, planned_in',
    'register_due', 'programme, due_in',
    'register_submitted', 'programme, submitted_in'
);
create trigger tallies_deleted after delete on readmodel.register
referencing old table as gone for each statement execute function readmodel.keep_tallies(
    'register_alike', 'programme, sector, lead, phase, refused, closed, counted, late_for_good, behind_for_good',
    'register_planned', 'programme, planned_in',
    'register_due', 'programme, due_in',
    'register_submitted', 'programme, submitted_in'
);
create trigger tallies_emptied after truncate on readmodel.register
for each statement execute function readmodel.empty_tallies(
    'register_alike', 'programme, sector, lead, phase, refused, closed, counted, late_for_good, behind_for_good',
    'register_planned', 'programme, planned_in',
    'register_due', 'programme, due_in',
    'register_submitted', 'programme, submitted_in'
);

insert into readmodel.register_alike (
    programme, sector, lead, phase, refused, closed, counted, late_for_good, behind_for_good, measures
)
select programme, sector, lead, phase, refused, closed, counted, late_for_good, behind_for_good, count(*)
from readmodel.register
group by programme, sector, lead, phase, refused, closed, counted, late_for_good, behind_for_good;
insert into readmodel.register_planned (programme, planned_in, measures)
select programme, planned_in, count(*) from readmodel.register group by programme, planned_in;
insert into readmodel.register_due (programme, due_in, measures)
select programme, due_in, count(*) from readmodel.register group by programme, due_in;
insert into readmodel.register_submitted (programme, submitted_in, measures)
select programme, submitted_in, count(*) from readmodel.register group by programme, submitted_in;

reset role;

-- migrate: rollback
