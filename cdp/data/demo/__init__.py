"""A Nordic retailer that does not exist: people, purchases, consents, two partners. Generated, seeded, any size.

Everything enters through the same doors as real data. `make_up` invents, `load` sends it through the doors,
`welcome` says what to open first. The sign-ins are kept in the data folder (mode 0600) until production forbids them.
"""

import json
import os

from django.conf import settings


def remember(passwords: dict[str, str]) -> None:
    """Keep the demo's sign-ins and a write key of its webshop, to be printed at each start."""
    from profiles.ingestion.http import write_keys
    from profiles.models import Source

    _row, write_key = write_keys.make(source=Source.objects.get(code="webshop"))
    with os.fdopen(os.open(_path(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"passwords": passwords, "write_key": write_key}, file)


def welcome() -> str:
    """What to sign in with, in lines of text; empty when there is no demo."""
    from cdp.data.demo.staff import STAFF

    if settings.PRODUCTION or not _path().exists():
        return ""
    kept = json.loads(_path().read_text())
    lines = ["Sign in as:"]
    for name, _first, _last, role in STAFF:
        lines.append(f"  {name:<6} {kept['passwords'][name]:<14} {role}")
    return "\n".join([*lines, f"Write key of the webshop: {kept['write_key']}"])


def _path():
    return settings.KENDT_DATA / "demo.json"
