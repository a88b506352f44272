"""Where the API is."""

PREFIX = "/api/v1"


def location(path: str) -> dict[str, str]:
    """The header of an answer to what founded something: where that is from now on, below the prefix."""
    return {"location": PREFIX + path}
