"""Commands and answers as JSON, on their way through Temporal."""

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
)

from activities.keyring import SecretKey
from workflows.contracts import ENCRYPTED
from workflows.encryption import EncryptionCodec, NotDecryptable


@functools.cache
def _adapter(type_hint: Any) -> TypeAdapter[Any]:
    """One for the process: Pydantic's own converter makes and keeps one for each cached workflow, and
    that of a union of commands costs half a millisecond and a good deal of memory.
    """
    return TypeAdapter(type_hint)


class _JsonConverter(PydanticJSONPlainPayloadConverter):
    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return _adapter(Any if type_hint is None else type_hint).validate_json(payload.data)


class _Undecrypted(EncodingPayloadConverter):
    """What no codec has decrypted."""

    @property
    def encoding(self) -> str:
        return ENCRYPTED.decode()

    def to_payload(self, value: Any) -> Payload | None:
        del value
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """Raises `NotDecryptable`."""
        del payload, type_hint
        raise NotDecryptable(
            "it is encrypted, and no keys are set here: set REMIT_TEMPORAL_ENCRYPTION_KEYS_FILE"
        )


class _Converter(CompositePayloadConverter):
    def __init__(self) -> None:
        json = _JsonConverter()
        super().__init__(
            *(
                json if converter.encoding == json.encoding else converter
                for converter in DefaultPayloadConverter.default_encoding_payload_converters
            ),
            _Undecrypted(),
        )


DATA_CONVERTER = DataConverter(payload_converter_class=_Converter)
"""Pydantic's JSON, as the domain has it."""


def data_converter(keys: Sequence[SecretKey] = ()) -> DataConverter:
    """The same, encrypted if there are keys, the one in use first: failures' messages and traces too, which may
    repeat what was entered.
    """
    if not keys:
        return DATA_CONVERTER
    return replace(
        DATA_CONVERTER,
        payload_codec=EncryptionCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
