"""The SQL of the audit trail: what the keeper writes, and what is read for proofs."""

# `SESSION` gives up on locks after a while; hashing a long log again takes the other keeper longer.
WAIT_FOR_LOCK = "set local lock_timeout = 0"
LOCK = "select pg_advisory_lock($1)"
TRY_LOCK = "select pg_try_advisory_lock($1)"
UNLOCK = "select pg_advisory_unlock($1)"

COUNTER = "select position, recorded_at, epoch from remit.counter"
PROGRESS = "select epoch, position, published from audit.progress"
MOVE = "update audit.progress set epoch = $1, position = $2"
BEGIN_AGAIN = "update audit.progress set position = 0"
PUBLISHED = "update audit.progress set published = $1"

EVENTS = """
    select position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body
    from remit.events
    where position > $1 and position <= $2
    order by position
    limit $3
"""

TILES = """
    select t.level, t.number, t.hashes
    from unnest($1::bigint[], $2::bigint[]) as wanted (level, number)
    join audit.tiles t using (level, number)
"""
WRITE_TILES = """
    insert into audit.tiles as t (level, number, hashes)
    select * from unnest($1::bigint[], $2::bigint[], $3::bytea[])
    on conflict (level, number) do update set hashes = excluded.hashes
"""
CLEAR_TILES = "delete from audit.tiles"

WRITE_CHECKPOINT = "insert into audit.checkpoints (number, size, note) values ($1, $2, $3)"
LAST_CHECKPOINT = "select number, size, note from audit.checkpoints order by number desc limit 1"
CHECKPOINT_OF_SIZE = """
    select number, size, note from audit.checkpoints
    where size = $1 order by number desc limit 1
"""
CHECKPOINT = "select number, size, note from audit.checkpoints where number = $1"
CHECKPOINTS = """
    select number, size, note from audit.checkpoints
    where number > $1 order by number limit $2
"""

CHECKPOINTS_BEFORE = """
    select number, size, note from audit.checkpoints
    where number < $1 order by number desc limit $2
"""
RECORDED_AT = "select recorded_at from remit.events where position = $1"

CHECKPOINTS_AMONG = "select number from audit.checkpoints where number = any($1::bigint[])"
NOTES = """
    select number, note from audit.checkpoints where number = any($1::bigint[]) order by number
"""
MISSING_CHECKPOINTS = """
    select n from generate_series(1, $1::bigint) n
    where not exists (select from audit.checkpoints c where c.number = n) order by n
"""

STREAM = """
    select position, stream_id, version, type, occurred_at, recorded_at, actor, command_id, body
    from remit.events
    where stream_id = $1 and version = coalesce($2, version)
    order by position
"""

# What follows is asked by verification; ten of a kind are enough to tell. Where all that is bad is
# materialized first, the limit does not talk the planner into a look-up for each event.

ROOM_TO_JOIN = "set local work_mem = '64MB'"

VERSIONS = """
    with bad as materialized (
        select e.position, e.stream_id, e.version
        from remit.events e
        where e.position > $1 and e.version > 1 and not exists (
            select from remit.events p
            where p.stream_id = e.stream_id and p.version = e.version - 1
                and p.position < e.position
        )
    )
    select * from bad order by position limit 10
"""

# The event is named by which the stream is longer than it is said to be.
STREAMS = """
    with ends as (
        select stream_id, max(version) as version
        from remit.events where position > $1 group by stream_id
    )
    select
        s.stream_id, s.version, coalesce(h.version, 0) as said,
        (
            select min(e.position) from remit.events e
            where e.stream_id = s.stream_id and e.version > coalesce(h.version, 0)
        ) as position
    from ends s left join remit.streams h on h.stream_id = s.stream_id
    where h.version is distinct from s.version
    order by position limit 10
"""

EMPTY_STREAMS = """
    select s.stream_id, s.version as said
    from remit.streams s
    where not exists (select from remit.events e where e.stream_id = s.stream_id)
    order by s.stream_id limit 10
"""

ANSWERS = """
    with bad as materialized (
        select e.position, c.command_id, c.position as said
        from (
            select position, stream_id, version, command_id,
                lead(command_id) over (partition by stream_id order by version) as next
            from remit.events where position > $1
        ) e
        join remit.commands c
            on c.command_id = e.command_id and c.stream_id = e.stream_id and c.version = e.version
        where c.position <> e.position or e.next = e.command_id
    )
    select * from bad order by position limit 10
"""

FORGOTTEN = """
    select e.position, e.command_id
    from remit.events e
    where e.position > $1
        and not exists (select from remit.commands c where c.command_id = e.command_id)
    order by e.position limit 10
"""

INVENTED = """
    with bad as materialized (
        select c.command_id
        from remit.commands c
        where not exists (
            select from remit.events e
            where e.stream_id = c.stream_id and e.version = c.version
                and e.command_id = c.command_id
        )
    )
    select * from bad order by command_id limit 10
"""

CLAIMS = """
    select k.key, k.command_id
    from remit.claims k
    where not exists (
        select from remit.commands c
        where c.command_id = k.command_id and c.stream_id = k.stream_id
    )
    order by k.key limit 10
"""

BEYOND = "select min(position) from remit.events where position > $1"
