"""Countries by their ISO 3166-1 alpha-2 code, and the names by which files and people call them."""

from functools import cache, lru_cache
from pathlib import Path

#: A line a country: its code, and its names in English, Nordic languages and German where they differ.
FILE = Path(__file__).with_suffix(".tsv")


@lru_cache(maxsize=10_000)
def country_code(text: str) -> str | None:
    """`DK` for `dk`, `Denmark` or `Danmark`; None for what is no country."""
    return _codes().get(text.strip().casefold())


@cache
def _codes() -> dict[str, str]:
    lines = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()]
    return {called.casefold(): code for code, *names in lines for called in (code, *names)}
