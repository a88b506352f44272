"""What Temporal keeps of commands and answers is encrypted, and read again with the keys alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.contracts import HAND_OVER, NOT_A_COMMAND, NUDGE
from activities.keyring import BadKeyFile, SecretKey
from cli.devstack import EmbeddedTemporal
from domain.identifiers import instruction_id
from domain.instruction import commands as c
from domain.outcomes import Recorded, Rejected
from tests import staging as s
from tests.workflows.conftest import Conductor, Log, replayer
from tests.workflows.sent import issue, make
from workflows.client import NoAnswer
from workflows.contracts import NOT_DECRYPTABLE
from workflows.converter import DATA_CONVERTER, data_converter
from workflows.encryption import EncryptionCodec, NotDecryptable

_OLD, _NEW = (SecretKey(id=name, secret=name[:1].encode() * 32) for name in ("old", "new"))
_PLAIN = Payload(metadata={"encoding": b"json/plain"}, data='"Согласовать"'.encode())


async def _encrypted(*keys: SecretKey) -> Payload:
    [made] = await EncryptionCodec(keys).encode([_PLAIN])
    return made


async def _decrypted(payload: Payload, *keys: SecretKey) -> Payload:
    [made] = await EncryptionCodec(keys).decode([payload])
    return made


async def test_the_first_key_encrypts_and_all_of_them_decrypt() -> None:
    old, new = await _encrypted(_OLD), await _encrypted(_NEW, _OLD)
    assert new.metadata["encryption-key-id"] == b"new"
    assert await _decrypted(old, _NEW, _OLD) == await _decrypted(new, _NEW, _OLD) == _PLAIN
    assert (await _encrypted(_OLD)).data != old.data, "the nonce is another one each time"
    with pytest.raises(NotDecryptable, match=r"key old, which is not among those here \(new\)"):
        await _decrypted(old, _NEW)


async def test_what_is_not_encrypted_is_read_as_it_is() -> None:
    assert await _decrypted(_PLAIN, _NEW) == _PLAIN


@pytest.mark.parametrize(
    "changed",
    [
        {"encryption-key-id": b"new"},
        {"encryption-key-id": b""},
        {"encryption-cipher": b"ROT13"},
    ],
)
async def test_metadata_that_was_changed_is_noticed(changed: dict[str, bytes]) -> None:
    made = await _encrypted(_OLD)
    forged = Payload(metadata={**made.metadata, **changed}, data=made.data)
    with pytest.raises(NotDecryptable):
        await _decrypted(forged, _OLD, _NEW)


async def test_content_that_was_changed_is_noticed() -> None:
    made = await _encrypted(_OLD)
    same_id = SecretKey(id="old", secret=b"x" * 32)
    with pytest.raises(NotDecryptable, match="or the key is another one"):
        await _decrypted(made, same_id)
    for data in (made.data[:-1] + bytes([made.data[-1] ^ 1]), made.data[:20], made.data[:3], b""):
        with pytest.raises(NotDecryptable):
            await _decrypted(Payload(metadata=made.metadata, data=data), _OLD)


def test_a_key_that_encrypts_nothing_is_refused_at_once() -> None:
    with pytest.raises(BadKeyFile, match="has 32 bytes, and long has others"):
        data_converter([SecretKey(id="long", secret=b"l" * 48)])
    with pytest.raises(ValueError, match="needs a key"):
        EncryptionCodec([])


async def test_without_keys_what_is_encrypted_says_so() -> None:
    made = await data_converter([_OLD]).encode(["text"])
    with pytest.raises(NotDecryptable, match="no keys are set here"):
        await DATA_CONVERTER.decode(made, [str])


_SECRET = "Хранить в тайне"


async def _sees(conductor: Conductor, instruction: str) -> bytes:
    """The history as the server has it, and whoever reads its database."""
    history = await conductor.handle(instruction).fetch_history()
    return b"".join(event.SerializeToString() for event in history.events)


async def test_no_text_of_an_instruction_is_in_temporals_history(
    log: Log, temporal_server: EmbeddedTemporal, number: str
) -> None:
    conductor = await Conductor.of(temporal_server, keys=[_OLD])
    instruction = instruction_id(number)
    refused = make(c.Acknowledge, s.ISSUER, number)
    handle = conductor.handle(instruction)
    async with conductor.working(log):
        sent = conductor.sender.send
        assert isinstance(await sent(issue(number, text=_SECRET)), Recorded)
        assert isinstance(await sent(make(c.Comment, s.ISSUER, number, text=_SECRET)), Recorded)
        assert isinstance(await sent(refused), Rejected)
        ill_formed = {"type": "Comment", "instruction": instruction, _SECRET: _SECRET}
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            # The SDK leaves one overload's `args` untyped.
            await handle.execute_update("submit", ill_formed)  # pyright: ignore[reportUnknownMemberType]
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.type == NOT_A_COMMAND
        assert "command_id: Field required" in failed.value.cause.message, "the client reads it"
        await handle.signal(NUDGE)
        await handle.signal(HAND_OVER, {"notices": []})
        told = await log.store.read_stream(instruction)
        assert _SECRET in told[0].body.decode()
    seen = await _sees(conductor, instruction)
    assert b"binary/encrypted" in seen
    assert b"json/plain" not in seen
    for text in (_SECRET, s.ISSUER, s.COUNCIL, "Field required", "not-authorised", "Traceback"):
        assert text.encode() not in seen, text


async def test_keys_come_and_change_and_an_instruction_goes_on(
    log: Log, temporal_server: EmbeddedTemporal, number: str
) -> None:
    """Begun without keys; then there is one, then another."""
    queue = f"remit-{uuid4()}"
    in_turn: list[list[SecretKey]] = [[], [_OLD], [_NEW, _OLD]]
    for keys in in_turn:
        conductor = await Conductor.of(temporal_server, queue, keys=keys)
        async with conductor.working(log):
            if not keys:
                await conductor.sender.send(issue(number))
            comment = make(c.Comment, s.ISSUER, number, text="noted")
            assert isinstance(await conductor.sender.send(comment), Recorded)
    conductor = await Conductor.of(temporal_server, queue, keys=[_NEW, _OLD])
    history = await conductor.handle(instruction_id(number)).fetch_history()
    await replayer([_NEW, _OLD]).replay_workflow(history)
    with pytest.raises(RuntimeError, match="NotDecryptable"):
        await replayer([_NEW]).replay_workflow(history)


async def test_a_worker_that_lacks_the_key_records_nothing_says_why_and_loses_nothing(
    log: Log,
    temporal_server: EmbeddedTemporal,
    number: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    queue = f"remit-{uuid4()}"
    right = await Conductor.of(temporal_server, queue, keys=[_NEW, _OLD])
    before = await Conductor.of(temporal_server, queue, keys=[_OLD])
    async with before.working(log):
        await before.sender.send(issue(number))
    head = await log.store.head()
    comment = make(c.Comment, s.ISSUER, number, text="noted")
    async with (await Conductor.of(temporal_server, queue, keys=[_NEW])).working(log):
        with pytest.raises(NoAnswer):
            await right.sender.send(comment, patience=timedelta(seconds=2))
    assert "encrypted with key old, which is not among those here (new)" in caplog.text
    assert await log.store.head() == head
    async with right.working(log):
        assert isinstance(await right.sender.send(comment), Recorded)
    stream = await log.store.read_stream(instruction_id(number))
    assert [event.type for event in stream].count("Commented") == 1


async def test_a_worker_without_keys_refuses_what_is_encrypted_and_says_why(
    log: Log, temporal_server: EmbeddedTemporal, number: str
) -> None:
    queue = f"remit-{uuid4()}"
    plain = await Conductor.of(temporal_server, queue)
    async with plain.working(log):
        await plain.sender.send(issue(number))
        head = await log.store.head()
        sender = (await Conductor.of(temporal_server, queue, keys=[_NEW])).sender
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await sender.send(make(c.Comment, s.ISSUER, number, text="noted"))
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.type == NOT_DECRYPTABLE
        assert await log.store.head() == head
