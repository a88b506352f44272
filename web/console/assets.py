"""What the pages load: style sheet and scripts, under names that change with their content, so that browsers keep them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from web.console.paths import ASSETS
from web.problems import not_found

BUILT = Path(__file__).parent / "built"
_TYPES: Mapping[str, str] = {".css": "text/css", ".js": "text/javascript"}
_FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


class NotBuilt(Exception):
    """What pages load is not there: run `make setup` in the checkout."""


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Assets:
    """All of them, in memory: they are few and small."""

    by_address: Mapping[str, Asset]
    """By the last part of their path."""
    addresses: Mapping[str, str]
    """The whole path of each, by the name of its file."""

    @classmethod
    def read(cls, folder: Path = BUILT) -> "Assets":
        """Raises `NotBuilt`."""
        files = sorted(file for file in folder.glob("*") if file.suffix in _TYPES)
        if not (folder / "console.css").is_file():
            raise NotBuilt(f"{folder} holds no console.css; run `make setup`")
        by_address: dict[str, Asset] = {}
        addresses: dict[str, str] = {}
        for file in files:
            content = file.read_bytes()
            address = f"{hashlib.sha256(content).hexdigest()[:12]}-{file.name}"
            by_address[address] = Asset(content, _TYPES[file.suffix])
            addresses[file.name] = f"{ASSETS}/{address}"
        return cls(by_address, addresses)


def serving(assets: Assets) -> APIRouter:
    """The route that answers them. They hold nothing that is anybody's: nobody needs to be signed in."""
    router = APIRouter()

    @router.get(ASSETS + "/{address}")
    async def get_asset(address: str) -> Response:
        found = assets.by_address.get(address)
        if found is None:
            raise not_found("such file")
        return Response(found.content, media_type=found.media_type, headers=_FOR_EVER)

    return router
