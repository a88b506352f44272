"""The SQL that postgres.py runs."""

APPEND = """
    select item, status, version, log_position, key
    from remit.append(
        $1, $2, $3, $4, $5,
        $6, $7, $8, $9, $10,
        $11, $12, $13, $14, $15,
        $16, $17, $18, $19, $20,
        $21, $22, $23, $24, $25,
        $26, $27, $28
    )
"""

APPEND_BULK = """
    select remit.append_bulk(
        $1, $2, $3,
        $4, $5, $6, $7,
        $8, $9, $10, $11, $12, $13, $14,
        $15, $16,
        $17, $18, $19, $20, $21,
        $22, $23, $24, $25,
        $26, $27,
        $28
    )
"""

# Differs from one server to the next, and from one start to the next.
SERVER_STARTED = "select pg_postmaster_start_time()"

ANNOUNCE = "select pg_notify('remit_log', $1)"

# One row for each event, the rest repeated on each; one row without an event if there is none.
LOAD = """
    with standing as (
        select
            c.epoch,
            c.format,
            k.request_hash as known_hash,
            k.stream_id as known_stream_id,
            k.version as known_version,
            k.position as known_position
        from remit.counter c left join remit.commands k on k.command_id = $2
    )
    select s.*, e.*
    from standing s left join lateral (
        select position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body
        from remit.events where stream_id = $1
        union all
        select position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body
        from remit.events where stream_id = $3 and version > $4 and $3 is distinct from $1
    ) e on true
    order by e.stream_id, e.version
"""

HEAD = "select position from remit.counter"

EPOCH = "select epoch from remit.counter"

POSITION_AT = """
    select position from remit.events
    where recorded_at <= $1
    order by recorded_at desc, position desc
    limit 1
"""

STREAM_HEAD = """
    select stream_id, version, next_wake, closed from remit.streams where stream_id = $1
"""

READ_STREAM = """
    select position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body
    from remit.events
    where stream_id = $1 and version > $2
    order by version
"""

READ_STREAMS = """
    select position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body
    from remit.events
    where stream_id = any ($1) and position <= coalesce($2, 9223372036854775807)
    order by position
"""

READ_ALL = """
    select position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body
    from remit.events
    where position > $1 and position <= $2
    order by position
    limit $3
"""

UNDELIVERED = """
    select version, recipient, channel from remit.outbox
    where stream_id = $1 and settled_at is null
    order by version, recipient, channel
"""

UNDELIVERED_BEFORE = """
    select o.stream_id, o.version, o.recipient, o.channel
    from remit.outbox o join remit.events e on e.stream_id = o.stream_id and e.version = o.version
    where o.settled_at is null and o.send_after is null
        and (o.stream_id, o.version, o.recipient, o.channel) > ($2, $3, $4, $5)
        and e.recorded_at < $1
    order by o.stream_id, o.version, o.recipient, o.channel
    limit $6
"""

TAKE_RELEASED = """
    select stream_id, version, recipient, channel, send_after, together, attempts
    from remit.take_released($1, $2, $3)
    order by send_after, recipient, channel, stream_id, version
"""

POSTPONE = "select remit.postpone($1, $2, $3, $4, $5, $6)"

OVERDUE = """
    select stream_id, version, next_wake, closed from remit.streams
    where not closed and next_wake < $1
    order by next_wake, stream_id
    limit $2
"""

# No name reaches `~`, the end of the prefix's range, here and below.
STREAMS = """
    select stream_id, version, next_wake, closed from remit.streams
    where stream_id > $2 and stream_id >= $1 and stream_id < $1 || '~'
    order by stream_id
    limit $3
"""

OPEN_STREAMS = """
    select stream_id, version, next_wake, closed from remit.streams
    where not closed
        and stream_id > $2 and stream_id >= $1 and stream_id < $1 || '~'
    order by stream_id
    limit $3
"""
