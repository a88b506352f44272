-- Notices that wait for their hour, and what is sent together
-- depends: 0015_milestones

-- migrate: apply

set local role remit_owner;

alter table remit.outbox
    add column send_after timestamptz,
    add column together boolean,
    add column attempts bigint not null default 0,
    add column try_after timestamptz;
comment on column remit.outbox.send_after is
    'Held until then; null: sent at once. Notices of one moment to one person by one channel go together.';
comment on column remit.outbox.together is
    'Of a held notice that was taken to be sent: in one message with others, or by itself. Stays as it is.';
comment on column remit.outbox.attempts is 'How often its sending failed, since it was released.';
comment on column remit.outbox.try_after is
    'When a held notice is next to be taken: while it is being sent, or after a failure, later than send_after.';

-- A concurrent one needs a transaction of its own; the outbox is locked for seconds, at an upgrade.
-- squawk-ignore-file require-concurrent-index-creation, require-concurrent-index-deletion

-- Those to be sent at once, apart: the watchdog reads them every minute, however many are held.
drop index remit.outbox_undelivered;
create index outbox_undelivered on remit.outbox (stream_id, version, recipient, channel)
    where settled_at is null and send_after is null;
create index outbox_released on remit.outbox (try_after, send_after, recipient, channel)
    where settled_at is null and send_after is not null;
create index outbox_together on remit.outbox (send_after, recipient, channel)
    where send_after is not null;

-- No released program calls them.
-- squawk-ignore ban-drop-function
drop function remit.append;
-- squawk-ignore ban-drop-function
drop function remit.append_bulk;

-- Takes a batch of commands as parallel arrays and answers one row per command. The elements of
-- write_commands, notice_commands, settled_commands and claim_commands are 1-based indexes into
-- command_ids, those of own_writes and event_writes into write_commands. Events come in the order of
-- their positions.
--
-- A write without events moves nothing: it says at which version a stream must be for the command to
-- stand, and so does a command's epoch, if it has one, for the whole log.
--
-- Commands of one round share no command id or claim, and none names a stream that one before it writes
-- to; rounds, numbered from 1, are applied in order.
--
-- The counter's row is the writers' only lock. Verdicts are reached before it is taken, and stand if the
-- counter has not moved meanwhile; if it has, they are reached again under it, from a snapshot that shows
-- all that is recorded. So two writers cannot deadlock, nor collide on a unique key, and a call that
-- writes nothing waits for nobody.
create function remit.append(
    command_ids text[], request_hashes bytea[], rounds int[], own_writes int[], epochs bigint[],
    write_commands int[], write_streams text[], write_expected bigint[],
    write_wakes timestamptz[], write_closed boolean[],
    event_writes int[], event_types text[], event_occurred timestamptz[],
    event_actors text[], event_bodies bytea[],
    notice_commands int[], notice_streams text[], notice_versions bigint[],
    notice_recipients text[], notice_channels text[], notice_send_after timestamptz[],
    settled_commands int[], settled_streams text[], settled_versions bigint[],
    settled_recipients text[], settled_channels text[],
    claim_commands int[], claim_keys text[]
)
returns table (item int, status text, version bigint, log_position bigint, key text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- A plan made while a table was small is kept while the table grows: it must use the indexes from the start.
set enable_seqscan = off
-- The plan is the same whatever the arguments, and making one costs more than the rest of the call.
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    statuses text[] := array_fill(null::text, array[cardinality(command_ids)]);
    versions bigint[] := array_fill(0::bigint, array[cardinality(command_ids)]);
    positions bigint[] := array_fill(0::bigint, array[cardinality(command_ids)]);
    keys text[] := array_fill(null::text, array[cardinality(command_ids)]);
    this_round int := 1;
    last_round int := rounds[cardinality(rounds)];
    accepted int[];
    locked boolean := false;
    moved boolean;
    seen bigint;
    seen_epoch bigint;
    epoch_now bigint;
    head bigint;
    stamp timestamptz;
    verdict record;
    recorded record;
begin
    select c.position, c.epoch into seen, seen_epoch from remit.counter c where c.singleton;
    while this_round <= last_round loop
        accepted := '{}';
        -- Look-ups are scalar sub-selects and limits so that no plan ever joins a whole table.
        for verdict in
            select
                c.item,
                case
                    when k.request_hash = c.request_hash then 'duplicate'
                    when k.request_hash is not null then 'mismatch'
                    when stale.command is not null or c.epoch <> seen_epoch then 'conflict'
                    when held.command is not null then 'taken'
                    else 'ok'
                end as status,
                k.version, k.position, held.key
            from unnest(command_ids, request_hashes, rounds, epochs)
                with ordinality as c (command_id, request_hash, round, epoch, item)
            left join lateral (
                select r.request_hash, r.version, r.position
                from remit.commands r where r.command_id = c.command_id limit 1
            ) k on true
            left join (
                select distinct w.command
                from unnest(write_commands, write_streams, write_expected)
                    as w (command, stream_id, expected)
                where rounds[w.command] = this_round and w.expected <> coalesce(
                    (select s.version from remit.streams s where s.stream_id = w.stream_id), 0)
            ) stale on stale.command = c.item
            left join (
                select distinct on (q.command) q.command, q.key
                from unnest(claim_commands, claim_keys) with ordinality as q (command, key, item)
                where rounds[q.command] = this_round
                    and (select o.command_id from remit.claims o where o.key = q.key) is not null
                order by q.command, q.item
            ) held on held.command = c.item
            where c.round = this_round
        loop
            statuses[verdict.item] := verdict.status;
            if verdict.status = 'ok' then
                accepted := accepted || verdict.item::int;
            elsif verdict.status = 'duplicate' then
                versions[verdict.item] := verdict.version;
                positions[verdict.item] := verdict.position;
            elsif verdict.status = 'taken' then
                keys[verdict.item] := verdict.key;
            end if;
        end loop;

        if cardinality(accepted) > 0 and not locked then
            select c.position, c.recorded_at, c.epoch into head, stamp, epoch_now
            from remit.counter c where c.singleton for update;
            stamp := greatest(stamp, clock_timestamp());
            locked := true;
            moved := head <> seen or epoch_now <> seen_epoch;
            seen_epoch := epoch_now;
            continue when moved;
        end if;

        if cardinality(accepted) > 0 then
            for recorded in
                with written as materialized (
                    select
                        w.item as write, w.command, w.stream_id, w.wake, w.closed,
                        w.expected + row_number() over (partition by w.item order by e.item) as version,
                        head + row_number() over (order by e.item) as position,
                        e.type, e.occurred_at, e.actor, e.body
                    from unnest(write_commands, write_streams, write_expected, write_wakes, write_closed)
                        with ordinality as w (command, stream_id, expected, wake, closed, item)
                    join unnest(event_writes, event_types, event_occurred, event_actors, event_bodies)
                        with ordinality as e (write, type, occurred_at, actor, body, item)
                        on e.write = w.item
                    where w.command = any (accepted)
                ),
                logged as (
                    insert into remit.events (
                        position, stream_id, version, type,
                        occurred_at, recorded_at, actor, command_id, body)
                    select
                        n.position, n.stream_id, n.version, n.type,
                        n.occurred_at, stamp, n.actor, command_ids[n.command], n.body
                    from written n order by n.position
                ),
                moved as (
                    select
                        n.write, n.command, n.stream_id, n.wake, n.closed,
                        max(n.version) as version, max(n.position) as position
                    from written n group by n.write, n.command, n.stream_id, n.wake, n.closed
                ),
                stood as (
                    insert into remit.streams as s (stream_id, version, next_wake, closed)
                    select m.stream_id, m.version, m.wake, m.closed from moved m
                    on conflict (stream_id) do update set
                        version = excluded.version,
                        next_wake = excluded.next_wake,
                        closed = excluded.closed
                ),
                answered as (
                    insert into remit.commands (command_id, request_hash, stream_id, version, position)
                    select
                        command_ids[m.command], request_hashes[m.command],
                        m.stream_id, m.version, m.position
                    from moved m where own_writes[m.command] = m.write
                )
                select m.command, m.version, m.position, max(m.position) over () as head
                from moved m
                order by own_writes[m.command] = m.write
            loop
                -- The command's own write comes last, and stays.
                versions[recorded.command] := recorded.version;
                positions[recorded.command] := recorded.position;
            end loop;
            head := recorded.head;

            if cardinality(claim_keys) > 0 then
                insert into remit.claims (key, command_id, stream_id)
                select q.key, command_ids[q.command], write_streams[own_writes[q.command]]
                from unnest(claim_commands, claim_keys) as q (command, key)
                where q.command = any (accepted);
            end if;
            if cardinality(notice_commands) > 0 then
                insert into remit.outbox (
                    stream_id, version, recipient, channel, send_after, try_after)
                select
                    n.stream_id, n.version, n.recipient, n.channel, n.send_after, n.send_after
                from unnest(
                    notice_commands, notice_streams, notice_versions,
                    notice_recipients, notice_channels, notice_send_after
                ) as n (command, stream_id, version, recipient, channel, send_after)
                where n.command = any (accepted)
                on conflict do nothing; -- a notice opens once
            end if;
            if cardinality(settled_commands) > 0 then
                update remit.outbox o set settled_at = stamp
                from unnest(
                    settled_commands, settled_streams, settled_versions,
                    settled_recipients, settled_channels
                ) as n (command, stream_id, version, recipient, channel)
                where n.command = any (accepted)
                    and o.stream_id = n.stream_id and o.version = n.version
                    and o.recipient = n.recipient and o.channel = n.channel
                    and o.settled_at is null;
            end if;
        end if;
        this_round := this_round + 1;
    end loop;
    if locked then
        update remit.counter c set position = head, recorded_at = stamp
        where c.singleton and c.position < head;
    end if;
    return query
        select a.item::int, a.status, a.version, a.position, a.key
        from unnest(statuses, versions, positions, keys)
            with ordinality as a (status, version, position, key, item);
end
$$;

revoke all on function remit.append from public;
grant execute on function remit.append to remit_appender;

-- Records all of these commands, or none and answers null: where any is recorded already, or any stream
-- named is not at the version given, or any key is taken, or the log is in another epoch. Then remit.append
-- tells for each what is the matter. Otherwise it answers the position before the first event.
--
-- Streams are named once each, with the version before the first of these events; several commands may
-- write to one, in turn. event_streams are 1-based indexes into stream_ids, event_commands and
-- claim_commands into command_ids, own_events (the last event of a command in its own stream) into the
-- events, which come in the order of their positions; event_places count the events of each stream from 1.
--
-- The lock is that of remit.append, and is taken as late: what was looked up before it is looked up again
-- if the log has moved meanwhile.
create function remit.append_bulk(
    command_ids text[], request_hashes bytea[], own_events int[],
    stream_ids text[], stream_expected bigint[], stream_wakes timestamptz[], stream_closed boolean[],
    event_streams int[], event_places bigint[], event_commands int[],
    event_types text[], event_occurred timestamptz[], event_actors text[], event_bodies bytea[],
    read_streams text[], read_versions bigint[],
    notice_streams text[], notice_versions bigint[], notice_recipients text[], notice_channels text[],
    notice_send_after timestamptz[],
    settled_streams text[], settled_versions bigint[], settled_recipients text[], settled_channels text[],
    claim_commands int[], claim_keys text[],
    epochs bigint[]
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
-- As for remit.append: the same plan at any size, and by the indexes.
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    seen bigint;
    seen_epoch bigint;
    head bigint;
    epoch_now bigint;
    stamp timestamptz;
    written bigint;
begin
    select c.position, c.epoch into seen, seen_epoch from remit.counter c where c.singleton;
    loop
        -- Look-ups are scalar sub-selects so that no plan ever joins a whole table.
        if exists (
            select from unnest(epochs) as e (epoch) where e.epoch <> seen_epoch
        ) or exists (
            select from unnest(command_ids) as c (command_id)
            where (select k.position from remit.commands k where k.command_id = c.command_id) is not null
        ) or exists (
            select from unnest(stream_ids || read_streams, stream_expected || read_versions)
                as w (stream_id, expected)
            where w.expected
                <> coalesce((select s.version from remit.streams s where s.stream_id = w.stream_id), 0)
        ) or exists (
            select from unnest(claim_keys) as q (key)
            where (select o.command_id from remit.claims o where o.key = q.key) is not null
        ) then
            return null;
        end if;
        select c.position, c.recorded_at, c.epoch into head, stamp, epoch_now
        from remit.counter c where c.singleton for update;
        exit when head = seen and epoch_now = seen_epoch;
        seen := head;
        seen_epoch := epoch_now;
    end loop;
    stamp := greatest(stamp, clock_timestamp());

    insert into remit.events (
        position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body)
    select
        head + e.item, stream_ids[e.stream], stream_expected[e.stream] + e.place,
        e.type, e.occurred_at, stamp, e.actor, command_ids[e.command], e.body
    from unnest(
        event_streams, event_places, event_commands, event_types, event_occurred, event_actors,
        event_bodies
    ) with ordinality as e (stream, place, command, type, occurred_at, actor, body, item);

    -- By key, as far as the order is free: neighbours meet in the same page of the index.
    with moved as materialized (
        select w.stream_id, w.expected, w.expected + e.events as version, w.wake, w.closed
        from unnest(stream_ids, stream_expected, stream_wakes, stream_closed)
            with ordinality as w (stream_id, expected, wake, closed, stream)
        join (
            select p.stream, count(*) as events
            from unnest(event_streams, event_places) as p (stream, place)
            group by p.stream
            -- The unique index holds that no place is there twice.
            having min(p.place) = 1 and max(p.place) = count(*)
        ) e on e.stream = w.stream
        order by w.stream_id
    ),
    founded as (
        insert into remit.streams (stream_id, version, next_wake, closed)
        select m.stream_id, m.version, m.wake, m.closed from moved m where m.expected = 0
    ),
    continued as (
        update remit.streams s set version = m.version, next_wake = m.wake, closed = m.closed
        from moved m where m.expected > 0 and s.stream_id = m.stream_id
    )
    select count(*) into written from moved;
    if written <> cardinality(stream_ids) then
        raise exception 'the events of a stream are not numbered from 1 without a gap'
            using errcode = 'data_exception';
    end if;

    insert into remit.commands (command_id, request_hash, stream_id, version, position)
    select
        c.command_id, c.request_hash, stream_ids[event_streams[c.own_event]],
        stream_expected[event_streams[c.own_event]] + event_places[c.own_event],
        head + c.own_event
    from unnest(command_ids, request_hashes, own_events) as c (command_id, request_hash, own_event)
    order by c.command_id;

    insert into remit.claims (key, command_id, stream_id)
    select q.key, command_ids[q.command], stream_ids[event_streams[own_events[q.command]]]
    from unnest(claim_commands, claim_keys) as q (command, key);

    insert into remit.outbox (stream_id, version, recipient, channel, send_after, try_after)
    select n.stream_id, n.version, n.recipient, n.channel, n.send_after, n.send_after
    from unnest(
        notice_streams, notice_versions, notice_recipients, notice_channels, notice_send_after
    ) as n (stream_id, version, recipient, channel, send_after)
    on conflict do nothing; -- a notice opens once

    update remit.outbox o set settled_at = stamp
    from unnest(settled_streams, settled_versions, settled_recipients, settled_channels)
        as n (stream_id, version, recipient, channel)
    where o.stream_id = n.stream_id and o.version = n.version
        and o.recipient = n.recipient and o.channel = n.channel
        and o.settled_at is null;

    update remit.counter c set position = head + cardinality(event_streams), recorded_at = stamp
    where c.singleton;
    return head;
end
$$;

revoke all on function remit.append_bulk from public;
grant execute on function remit.append_bulk to remit_appender;

-- Takes held notices whose moment has come by `at`, in so many groups of (moment, person, channel) at most,
-- and keeps them from being taken again before `until`.
--
-- Whether a notice goes out together with others is settled when it is first taken: what is new in a group
-- of which something has been taken before goes by itself, since a message of the group's name is out
-- already.
create function remit.take_released(at timestamptz, until timestamptz, most integer)
returns table (
    stream_id text, version bigint, recipient text, channel text,
    send_after timestamptz, together boolean, attempts bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    -- One at a time: two that look at once would each see a part of a group.
    perform pg_advisory_xact_lock(hashtextextended('remit.take_released', 0));
    return query
        with due as materialized (
            select distinct o.try_after, o.send_after, o.recipient, o.channel
            from remit.outbox o
            where o.settled_at is null and o.send_after is not null and o.try_after <= at
            order by o.try_after, o.send_after, o.recipient, o.channel
            limit most
        ),
        groups as materialized (
            select distinct d.send_after, d.recipient, d.channel from due d
        ),
        found as materialized (
            select
                o.stream_id, o.version, o.recipient, o.channel, o.together,
                exists (
                    select from remit.outbox b
                    where b.send_after = g.send_after and b.recipient = g.recipient
                        and b.channel = g.channel and b.together is not null
                ) as begun,
                count(*) over (partition by g.send_after, g.recipient, g.channel) as companions
            from groups g
            join remit.outbox o
                on o.send_after = g.send_after and o.recipient = g.recipient
                and o.channel = g.channel
            where o.settled_at is null and o.try_after <= at
        )
        update remit.outbox o set
            together = coalesce(o.together, not f.begun and f.companions > 1),
            try_after = until
        from found f
        where o.stream_id = f.stream_id and o.version = f.version
            and o.recipient = f.recipient and o.channel = f.channel
            and o.settled_at is null
        returning
            o.stream_id, o.version, o.recipient, o.channel, o.send_after, o.together, o.attempts;
end
$$;

-- Sending these failed once more: how often it has by now, and when to take each again.
create function remit.postpone(
    stream_ids text[], versions bigint[], recipients text[], channels text[],
    failures bigint[], moments timestamptz[]
)
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
begin atomic
    update remit.outbox o set attempts = n.failures, try_after = n.moment
    from unnest(stream_ids, versions, recipients, channels, failures, moments)
        as n (stream_id, version, recipient, channel, failures, moment)
    where o.stream_id = n.stream_id and o.version = n.version
        and o.recipient = n.recipient and o.channel = n.channel
        and o.settled_at is null and o.send_after is not null;
end;

revoke all on function remit.take_released, remit.postpone from public;
grant execute on function remit.take_released, remit.postpone to remit_appender;

reset role;

set local role remit_projector;

alter table readmodel.ledger
    add column held_until timestamptz,
    add column acknowledged_at timestamptz;
-- The rows are made again from the log, with the new columns.
truncate readmodel.ledger;
delete from remit.checkpoints where projection = 'ledger';

reset role;

-- migrate: rollback
