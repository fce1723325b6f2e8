"""Advisory locks have one register; what a writer of people has to itself are rows."""

import re
from pathlib import Path

from django.conf import settings

from cdp.base.database.locks import Lock

REGISTER = "cdp/base/database/locks.py"
#: Guards of tables, which cannot ask the register: {file: the lock whose number they say}.
GUARDS = {"profiles/sql/guards.sql": Lock.VOCABULARY}
ADVISORY = re.compile(r"pg_(?:try_)?advisory\w*\((.*?)\)")


def test_no_advisory_lock_is_taken_outside_of_the_register_but_by_guards_under_its_numbers():
    root = Path(settings.BASE_DIR)
    code = [
        file
        for app in ("cdp", "profiles", "consents", "partners", "segments")
        for kind in ("*.py", "*.sql")
        for file in (root / app).rglob(kind)
    ]

    taken = {str(file.relative_to(root)): set(ADVISORY.findall(file.read_text())) for file in code}
    found = {name: locks for name, locks in taken.items() if locks}

    assert found.keys() == {REGISTER} | GUARDS.keys()
    assert {name: found[name] for name in GUARDS} == {name: {f"{lock}, 0"} for name, lock in GUARDS.items()}
