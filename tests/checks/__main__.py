"""`python -m tests.checks [name ...]`: what is promised, at the sizes that are promised; one line for each figure."""

import os
import sys
from importlib import import_module

import django

NAMES = ("start", "acknowledged", "writers", "changes")


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
    django.setup()
    good = True
    print(f"{'check':<55} {'figure':>12} {'limit':>12}")
    for name in sys.argv[1:] or NAMES:
        for figure in import_module(f"tests.checks.{name}").figures():
            good &= figure.is_met
            print(figure, flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
