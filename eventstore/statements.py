"""The SQL that postgres.py runs."""

APPEND = """
    select item, status, version, log_position, key
    from remit.append(
        $1, $2, $3, $4,
        $5, $6, $7, $8, $9,
        $10, $11, $12, $13, $14,
        $15, $16, $17, $18, $19,
        $20, $21, $22, $23, $24,
        $25, $26
    )
"""

ANNOUNCE = "select pg_notify('remit_log', $1)"

FIND_COMMAND = """
    select command_id, request_hash, stream_id, version, position
    from remit.commands where command_id = $1
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

OVERDUE = """
    select stream_id, version, next_wake, closed from remit.streams
    where not closed and next_wake < $1
    order by next_wake, stream_id
    limit $2
"""

# The two halves are index scans of one page each. No name reaches `~`, the end of the prefix's range.
UNFINISHED = """
    with page as (
        (
            select stream_id from remit.streams
            where not closed
                and stream_id > $2 and stream_id >= $1 and stream_id < $1 || '~'
            order by stream_id
            limit $3
        )
        union
        (
            select distinct stream_id from remit.outbox
            where settled_at is null
                and stream_id > $2 and stream_id >= $1 and stream_id < $1 || '~'
            order by stream_id
            limit $3
        )
    )
    select s.stream_id, s.version, s.next_wake, s.closed
    from page join remit.streams s on s.stream_id = page.stream_id
    order by s.stream_id
    limit $3
"""
