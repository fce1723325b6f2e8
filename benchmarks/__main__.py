"""`python -m benchmarks [part ...]`: all parts, or those named, as one table of ratios.

`bytes` is apart: it compares with another revision, in installations of its own (benchmarks/bytes.py).
"""

import os
import platform
import sys
from importlib import import_module

import django
import psycopg

PARTS = ("imports", "ingest", "changes", "consents", "segments", "writers")


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
    django.setup()
    if sys.argv[1:2] == ["bytes"]:
        return import_module("benchmarks.bytes").main(sys.argv[2:])

    from benchmarks.measure import scratch_database, server

    ratios = []
    with server():
        for part in sys.argv[1:] or PARTS:
            with scratch_database():
                ratios += import_module(f"benchmarks.{part}").run()
        print(table(ratios))
    return 0 if all(ratio.met for ratio in ratios) else 1


def table(ratios) -> str:
    """Markdown, so that a page of the docs can hold what was seen."""
    lines = [_versions(), "", "| What | ours / CPU s | limit / CPU s | ratio | goal |", "|---|---|---|---|---|"]
    for one in ratios:
        goal = "" if one.goal is None else f">= {one.goal:g}{'' if one.met else ' MISSED'}"
        lines.append(
            f"| {one.name} | {one.ours:,.0f} {one.unit} | {one.limit:,.0f} {one.unit} | {one.value:.2f} | {goal} |"
        )
    return "\n".join(lines)


def _versions() -> str:
    from cdp.base.database import sql

    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"Python {platform.python_version()}, Django {django.get_version()}, psycopg {psycopg.__version__}, "
        f"PostgreSQL {sql.value('SHOW server_version')}, {os.cpu_count()} cores, load {load}"
    )


if __name__ == "__main__":
    sys.exit(main())
