"""Views of the register, in PostgreSQL: a person's own, so many and no more."""

import asyncio
from typing import TypeAlias

import asyncpg
import pytest

from access.saved_views import LONGEST_QUERY, MOST, NameTaken, NoPlace, SavedView, SavedViews
from eventstore.persons import Person, PostgresPersonStore

pytestmark = pytest.mark.asyncio(loop_scope="module")

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


def _view(name: str, query: str = "late=true") -> SavedView:
    return SavedView(name=name, query=query)


async def test_a_view_is_its_persons_alone(pool: Pool) -> None:
    views = SavedViews(pool)
    late, mine = _view("Поздние"), _view("Mine", "lead=ministry&q=%D0%BD")
    await views.save("p-one", late)
    await views.save("p-one", mine)
    await views.save("p-two", _view("Mine", ""))
    assert await views.all("p-one") == [mine, late]
    assert await views.all("p-two") == [_view("Mine", "")]
    assert await views.all("p-three") == []
    assert not await views.delete("p-two", "Поздние")
    assert await views.delete("p-one", "Mine")
    assert not await views.delete("p-one", "Mine")
    assert await views.all("p-one") == [late]
    assert await views.all("p-two") == [_view("Mine", "")]


async def test_a_name_is_given_once(pool: Pool) -> None:
    views = SavedViews(pool)
    await views.save("p-names", _view("Late"))
    with pytest.raises(NameTaken):
        await views.save("p-names", _view("Late", "q=x"))
    await views.save("p-names", _view("late"))
    assert [view.query for view in await views.all("p-names")] == ["late=true", "late=true"]


async def test_there_is_room_for_so_many_also_where_several_are_kept_at_once(pool: Pool) -> None:
    views = SavedViews(pool)
    kept = await asyncio.gather(
        *(views.save("p-many", _view(f"{n}")) for n in range(MOST + 2)), return_exceptions=True
    )
    assert [type(one) for one in kept if one is not None] == [NoPlace, NoPlace]
    assert len(await views.all("p-many")) == MOST
    [one, *_] = await views.all("p-many")
    assert await views.delete("p-many", one.name)
    await views.save("p-many", _view("in its place"))
    with pytest.raises(NoPlace):
        await views.save("p-many", _view("one more"))


async def test_the_longest_filters_have_room(pool: Pool) -> None:
    views = SavedViews(pool)
    await views.save("p-long", _view("Long", "q" * LONGEST_QUERY))
    assert len((await views.all("p-long"))[0].query) == LONGEST_QUERY


async def test_views_go_with_their_person(pool: Pool, access_url: str) -> None:
    views = SavedViews(pool)
    await views.save("p-erased-views", _view("Late"))
    async with PostgresPersonStore.open(access_url) as persons:
        await persons.put(
            Person(person_id="p-erased-views", name="Erased", email=None, salt=bytes(32))
        )
        assert await persons.erase("p-erased-views")
    assert await views.all("p-erased-views") == []


async def test_who_looks_on_reads_them_and_writes_none(pool: Pool, access_url: str) -> None:
    await SavedViews(pool).save("p-read", _view("Late"))
    auditor = await asyncpg.connect(access_url, server_settings={"role": "remit_auditor"})
    try:
        assert await auditor.fetchval(
            "select name from remit.saved_views where person_id = 'p-read'"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await auditor.execute("delete from remit.saved_views")
    finally:
        await auditor.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("update remit.saved_views set name = 'Other'")
