import asyncio

import asyncpg

from eventstore.codec import FORMAT
from eventstore.migrate import MIGRATIONS, finish, migrate
from eventstore.postgres import PostgresEventStore
from eventstore.protocol import AppendStatus
from tests.eventstore.appends import append

_NAMES = sorted(path.stem for path in MIGRATIONS.glob("*.sql"))


async def test_migrations_are_applied_once(empty_database_url: str) -> None:
    assert await migrate(empty_database_url) == _NAMES
    assert await migrate(empty_database_url) == []


async def test_two_processes_may_migrate_at_once(empty_database_url: str) -> None:
    applied = await asyncio.gather(migrate(empty_database_url), migrate(empty_database_url))
    assert sorted(applied) == [[], _NAMES]


async def test_an_owner_of_the_database_who_may_create_roles_can_migrate(
    empty_database_url: str,
) -> None:
    connection = await asyncpg.connect(empty_database_url)
    try:
        database = await connection.fetchval("select current_database()")
        login = f"login_{database}"
        await connection.execute(f"create role {login} login createrole")
        await connection.execute(f"alter database {database} owner to {login}")
        # On a server of its own this user would have made the roles; here `with_schema` has. PostgreSQL gives whoever
        # makes a role no more than this.
        roles = "remit_owner, remit_appender, remit_projector, remit_auditor"
        await connection.execute(
            f"grant {roles} to {login} with admin true, inherit false, set false"
        )
        url = empty_database_url.replace("postgres@", f"{login}@", 1)
        assert await migrate(url) == _NAMES
        assert await migrate(url) == []
        assert (await finish(url)).log_format == FORMAT
        async with PostgresEventStore.open(url) as store:
            assert (await store.append(append("c1"))).status is AppendStatus.OK
    finally:
        await connection.close()


def test_each_migration_depends_on_the_one_before() -> None:
    """Siblings would be applied in any order."""
    said = [
        (MIGRATIONS / f"{name}.sql").read_text().partition("-- depends:")[2].partition("\n")[0]
        for name in _NAMES
    ]
    assert [depends.strip() for depends in said] == ["", *_NAMES[:-1]]
