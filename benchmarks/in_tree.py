"""What `bytes` asks of one tree of the sources: run inside it, with what every tree has had since the first.

`python -c "import runpy; runpy.run_path('.../in_tree.py', run_name='__main__')" ACT ...` in the folder of the tree.
"""

import json
import os
import sys
import time
from pathlib import Path

import django

TICK = os.sysconf("SC_CLK_TCK")


def sql(statement: str) -> list:
    """The rows of one statement, by itself: VACUUM goes too."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [list(row) for row in cursor.fetchall()] if cursor.description else []


def attribute(code: str) -> None:
    """A sealed attribute more."""
    from profiles.models import Attribute

    Attribute.objects.create(code=code, title=code, type="text", classification="direct")


def seconds(*command: str) -> float:
    """CPU seconds of a command of manage.py, application and database together."""
    from django.core.management import call_command
    from django.db import connection

    sql("SET max_parallel_workers_per_gather = 0")  # their CPU would not be counted
    backend = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    began = time.process_time() + _spent(backend)
    with open(os.devnull, "w") as nowhere:
        call_command(*command, stdout=nowhere)
    return time.process_time() + _spent(backend) - began


def _spent(stat: Path) -> float:
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
    django.setup()
    print(json.dumps({"sql": sql, "attribute": attribute, "seconds": seconds}[sys.argv[1]](*sys.argv[2:])))
