"""One worker as it is run, with everything set: what it tells of itself while a command goes through it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import asyncpg
import httpx
import pytest
import pytest_asyncio
from google.protobuf.duration_pb2 import Duration
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer

from activities.contracts import NUDGE
from audit.keys import make_key
from cli.devstack import EmbeddedPostgres, EmbeddedTemporal
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded, Rejected
from domain.rejections import Code
from monitoring.watchdog import looked_since
from settings import Settings
from telemetry.temporal import CommandTracing
from telemetry.tracing import DiscreetExporter, provider, traced
from tests import staging as s
from tests.conftest import fresh_database
from tests.monitoring.listener import Listener, listening
from tests.workflows.conftest import replayer
from tests.workflows.sent import issue, make
from tests.workflows.test_histories import HISTORIES
from worker import WORKFLOWS, running
from workflows.client import CommandSender, connect
from workflows.converter import DATA_CONVERTER
from workflows.watchdog import WATCHDOG_SCHEDULE

pytestmark = pytest.mark.asyncio(loop_scope="module")
_QUEUE = "remit"
_TEXT = "Agree the common rules"
_Figures = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass(frozen=True, kw_only=True)
class Scene:
    client: Client
    """Traced, as the web's would be."""
    tracer: Tracer
    exporter: InMemorySpanExporter
    database_url: str
    url: str
    """Of figures and health."""
    outside: Listener

    async def send(self, within: str, *commands: c.ClientCommand) -> Sequence[Recorded | Rejected]:
        """All of them within one span of this name."""
        sender = CommandSender(self.client, _QUEUE)
        with self.tracer.start_as_current_span(within):
            return [await sender.send(command) for command in commands]

    def spans(self) -> Sequence[ReadableSpan]:
        return self.exporter.get_finished_spans()

    async def span(self, like: Callable[[ReadableSpan], bool]) -> ReadableSpan:
        """The first one that is like this, as soon as it has ended."""
        async with asyncio.timeout(30):
            while True:
                for span in self.spans():
                    if like(span):
                        return span
                await asyncio.sleep(0.02)

    async def figures(self) -> _Figures:
        async with httpx.AsyncClient() as reader:
            answer = await reader.get(f"{self.url}/metrics")
        answer.raise_for_status()
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }


def _of(figures: _Figures, name: str, **labels: str) -> float:
    return figures.get((name, frozenset(labels.items())), 0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(
    postgres: EmbeddedPostgres,
    staged_database: str,
    temporal_server: EmbeddedTemporal,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Scene]:
    """In a namespace of its own: the worker makes schedules."""
    key: Path = tmp_path_factory.mktemp("audit") / "audit.key"
    make_key(key, "remit/test")
    namespace, exporter = f"n-{uuid4()}", InMemorySpanExporter()
    telling = traced(provider(SimpleSpanProcessor(DiscreetExporter(exporter)), service="test"))
    assert telling.traces is not None
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(fresh_database(postgres, staged_database))
        outside = await stack.enter_async_context(listening())
        client = await connect(temporal_server.address)
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(
                namespace=namespace, workflow_execution_retention_period=Duration(seconds=86400)
            )
        )
        settings = Settings(
            database_url=url,
            temporal_address=temporal_server.address,
            temporal_namespace=namespace,
            temporal_task_queue=_QUEUE,
            metrics_port=0,
            metrics_seconds=0,
            audit_key_file=key,
            audit_checkpoint_seconds=1,
            heartbeat_url=SecretStr(f"{outside.url}/ping/secret?from=remit"),
            heartbeat_seconds=1,
            heartbeat_lag_seconds=1,
        )
        monitored = await stack.enter_async_context(running(settings, telling))
        assert monitored is not None
        yield Scene(
            client=await connect(
                temporal_server.address, namespace=namespace, interceptors=telling.interceptors
            ),
            tracer=telling.traces.get_tracer("client"),
            exporter=exporter,
            database_url=url,
            url=monitored,
            outside=outside,
        )


def _name(span: ReadableSpan) -> str:
    kind = (span.attributes or {}).get("remit.command")
    return f"{span.name} {kind}" if kind else span.name


def _number() -> str:
    return f"N-{uuid4()}"


def _ids(span: ReadableSpan) -> tuple[int, int]:
    assert span.context is not None
    return span.context.trace_id, span.context.span_id


def _way(spans: Sequence[ReadableSpan], last: ReadableSpan) -> Sequence[str]:
    """From the first span of its trace to this one."""
    by_id = {_ids(span): span for span in spans}
    way = [last]
    while (parent := way[0].parent) is not None:
        way.insert(0, by_id[parent.trace_id, parent.span_id])
    return [_name(span) for span in way]


async def test_from_the_client_to_the_append_it_is_one_trace_for_each_command(
    scene: Scene,
) -> None:
    number = _number()
    first, second = issue(number), make(c.Assign, s.ISSUER, number, lead=s.MINISTRY)
    await scene.send("first request", first)
    await scene.send("second request", second)
    spans = scene.spans()
    appends = {
        (span.attributes or {})["remit.command_id"]: span for span in spans if span.name == "append"
    }
    inner = ["StartActivity:record", "RunActivity:record"]
    assert _way(spans, appends[first.command_id]) == [
        "first request",
        "StartUpdateWithStartWorkflow:Instruction",
        *inner,
        "handle Issue",
        "append",
    ]
    assert _way(spans, appends[second.command_id]) == [
        "second request",
        "StartWorkflowUpdate:submit",
        *inner,
        "handle Assign",
        "append",
    ]
    updates = [_ids(span)[0] for span in spans if span.name == "HandleUpdate:submit"]
    for command in (first, second):
        assert _ids(appends[command.command_id])[0] in updates
    [handled] = [
        span
        for span in spans
        if span.name == "handle"
        and (span.attributes or {})["remit.command_id"] == second.command_id
    ]
    assert dict(handled.attributes or {}) == {
        "remit.command": "Assign",
        "remit.command_id": second.command_id,
        "remit.stream": instruction_id(number),
        "remit.outcome": "recorded",
    }
    for command in (first, second):
        append = appends[command.command_id]
        [link] = append.links
        batch = next(one for one in spans if _ids(one)[1] == link.context.span_id)
        assert batch.name == "append batch"
        assert _ids(append) in {(one.context.trace_id, one.context.span_id) for one in batch.links}


async def test_what_is_traced_says_nothing_that_somebody_wrote(scene: Scene) -> None:
    number = _number()
    remark = f"of Ivanov {uuid4()}"
    await scene.send("request", issue(number), make(c.Comment, s.ISSUER, number, text=remark))
    told = "".join(span.to_json() for span in scene.spans())
    assert instruction_id(number) in told
    for written in (_TEXT, remark, s.ISSUER, s.CONTROLLER):
        assert written not in told


async def test_what_a_workflow_does_by_itself_is_in_no_trace_of_a_client(scene: Scene) -> None:
    number = _number()
    await scene.send("request", issue(number))
    handle = scene.client.get_workflow_handle(instruction_id(number))
    with scene.tracer.start_as_current_span("nudging"):
        await handle.signal(NUDGE)
    checked = await scene.span(
        lambda span: (
            _name(span) == "handle CheckDeadlines"
            and (span.attributes or {})["remit.stream"] == instruction_id(number)
        )
    )
    await scene.span(
        lambda span: checked.parent is not None and _ids(span)[1] == checked.parent.span_id
    )
    assert _way(scene.spans(), checked) == ["RunActivity:record", "handle CheckDeadlines"]


async def test_histories_replay_whether_they_were_traced_or_not(scene: Scene) -> None:
    number = _number()
    await scene.send("request", issue(number))
    traced_history = await scene.client.get_workflow_handle(instruction_id(number)).fetch_history()
    assert "_tracer-data" in traced_history.to_json()
    await replayer().replay_workflow(traced_history)
    tracing = Replayer(
        workflows=WORKFLOWS,
        data_converter=DATA_CONVERTER,
        interceptors=[CommandTracing(scene.tracer)],
    )
    before = len(scene.spans())
    await tracing.replay_workflow(traced_history)
    for name, history in HISTORIES.items():
        await tracing.replay_workflow(WorkflowHistory.from_json(name, history))
    replayed = [span for span in scene.spans()[before:] if "Update" in span.name]
    assert replayed == []


async def test_the_figures_move_with_what_is_done(scene: Scene) -> None:
    before = await scene.figures()
    number = _number()
    _, twice = await scene.send("request", issue(number), issue(number))
    assert isinstance(twice, Rejected)
    assert twice.code == Code.ALREADY_ISSUED
    after = await scene.figures()

    def moved(name: str, **labels: str) -> float:
        return _of(after, name, **labels) - _of(before, name, **labels)

    assert moved("remit_commands_total", type="Issue", outcome="recorded") == 1
    assert moved("remit_commands_total", type="Issue", outcome=Code.ALREADY_ISSUED.value) == 1
    assert moved("remit_append_seconds_count") >= 1
    assert moved("remit_append_batch_commands_count") >= 1
    assert moved("remit_log_position") >= 1
    assert _of(after, "remit_database_up") == 1
    assert ("remit_projection_lag_events", frozenset({("projection", "register")})) in after
    assert _of(after, "process_open_fds") > 0


async def test_a_notice_that_went_out_is_counted_by_its_channel(scene: Scene) -> None:
    before = _of(await scene.figures(), "remit_sendings_total", channel="log", outcome="delivered")
    number = _number()
    await scene.send("request", issue(number), make(c.Assign, s.ISSUER, number, lead=s.MINISTRY))
    async with asyncio.timeout(30):
        while True:
            figures = await scene.figures()
            sent = _of(figures, "remit_sendings_total", channel="log", outcome="delivered")
            if sent > before and _of(figures, "remit_notices_unsent") == 0:
                break


async def test_a_worker_whose_servers_answer_is_ready(scene: Scene) -> None:
    async with httpx.AsyncClient(base_url=scene.url) as reader:
        live, ready = await reader.get("/health/live"), await reader.get("/health/ready")
    assert (live.status_code, live.json()) == (200, {"process": "ok"})
    assert ready.status_code == 200
    assert ready.json() == {"database": "ok", "schema": "ok", "temporal": "ok"}


async def test_the_watchdog_is_seen_once_it_has_looked(scene: Scene) -> None:
    began = datetime.now(UTC)
    assert not await looked_since(scene.client, began + timedelta(minutes=1))
    await scene.client.get_schedule_handle(WATCHDOG_SCHEDULE).trigger()
    async with asyncio.timeout(30):
        while True:
            await asyncio.sleep(0.1)
            if await looked_since(scene.client, began):
                break


async def test_the_heart_beats_while_all_is_well_and_says_why_when_a_projector_is_stuck(
    scene: Scene,
) -> None:
    well = await scene.outside.hears(lambda beat: "/fail" not in beat.path)
    assert (well.path, well.said) == ("/ping/secret?from=remit", "")

    holding = await asyncpg.connect(scene.database_url)
    try:
        async with holding.transaction():
            await holding.execute(
                "select from remit.checkpoints where projection = 'register' for update"
            )
            number = _number()
            await scene.send("request", issue(number))
            stuck = await scene.outside.hears(lambda beat: "register" in beat.said)
    finally:
        await holding.close()
    assert stuck.path == "/ping/secret/fail?from=remit"
    assert stuck.said.startswith("the read model register is ")
    assert number not in stuck.said
    await scene.outside.hears(lambda beat: "/fail" not in beat.path)
