"""How many examples are drawn where each takes long."""

from hypothesis import settings


def drawn(examples: int) -> int:
    """So many; and by the profile `thorough`, so many times more as it draws elsewhere."""
    return examples * settings().max_examples // 100
