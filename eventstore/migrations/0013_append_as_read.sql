-- remit.append: a command may say of other streams, and of the epoch, as what it has read them
-- depends: 0011_read_models

-- migrate: apply

set local role remit_owner;

-- No released program calls it.
-- squawk-ignore ban-drop-function
drop function remit.append;

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
    notice_recipients text[], notice_channels text[],
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
                insert into remit.outbox (stream_id, version, recipient, channel)
                select n.stream_id, n.version, n.recipient, n.channel
                from unnest(
                    notice_commands, notice_streams, notice_versions,
                    notice_recipients, notice_channels
                ) as n (command, stream_id, version, recipient, channel)
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

reset role;

-- migrate: rollback
