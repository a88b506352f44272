-- remit.append_bulk: many commands that nothing stands against, in one go
-- depends: 0013_append_as_read

-- migrate: apply

set local role remit_owner;

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

    insert into remit.outbox (stream_id, version, recipient, channel)
    select n.stream_id, n.version, n.recipient, n.channel
    from unnest(notice_streams, notice_versions, notice_recipients, notice_channels)
        as n (stream_id, version, recipient, channel)
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

reset role;

-- migrate: rollback
