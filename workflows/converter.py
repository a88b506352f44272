"""Commands and answers as JSON, on their way through Temporal."""

import functools
from typing import Any

from pydantic import TypeAdapter
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
)


@functools.cache
def _adapter(type_hint: Any) -> TypeAdapter[Any]:
    """One for the process: Pydantic's own converter makes and keeps one for each cached workflow, and
    that of a union of commands costs half a millisecond and a good deal of memory.
    """
    return TypeAdapter(type_hint)


class _JsonConverter(PydanticJSONPlainPayloadConverter):
    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return _adapter(Any if type_hint is None else type_hint).validate_json(payload.data)


class _Converter(CompositePayloadConverter):
    def __init__(self) -> None:
        json = _JsonConverter()
        super().__init__(
            *(
                json if converter.encoding == json.encoding else converter
                for converter in DefaultPayloadConverter.default_encoding_payload_converters
            )
        )


DATA_CONVERTER = DataConverter(payload_converter_class=_Converter)
"""Pydantic's JSON, as the domain has it."""
