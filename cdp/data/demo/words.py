"""The words that people and goods of the demo are made of (words.json). Invented; mail domains are reserved ones."""

import json
from pathlib import Path

_WORDS = json.loads(Path(__file__).with_name("words.json").read_text())

FIRST_NAMES = _WORDS["first_names"]  # country -> gender -> names
NICKNAMES = _WORDS["nicknames"]
LAST_NAMES = _WORDS["last_names"]  # country -> names
CITIES = _WORDS["cities"]  # country -> [postal code, city]
STREETS = _WORDS["streets"]
INTERESTS = _WORDS["interests"]
TIERS = _WORDS["tiers"]
GOODS = _WORDS["goods"]  # sku, name, category, price in DKK
