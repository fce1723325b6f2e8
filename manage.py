#!/usr/bin/env python
"""Kendt's command line."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
    from cdp.management.command_line import execute

    execute(sys.argv)


if __name__ == "__main__":
    main()
