"""Advisory locks have one register; what a writer of people has to itself are rows."""

import re
from pathlib import Path

from django.conf import settings

REGISTER = "cdp/base/database/locks.py"


def test_no_advisory_lock_is_taken_outside_of_the_register():
    root = Path(settings.BASE_DIR)
    code = [
        file
        for app in ("cdp", "profiles", "consents", "partners", "segments")
        for kind in ("*.py", "*.sql")
        for file in (root / app).rglob(kind)
    ]

    found = {str(file.relative_to(root)) for file in code if re.search(r"pg_(try_)?advisory", file.read_text())}

    assert found == {REGISTER}
