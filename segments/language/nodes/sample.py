"""`{"sample": percent, "seed": text}`: a stable random share of people, by MD5 of seed and profile id."""

from django.utils.translation import gettext as _

from segments.language import phrases
from segments.language.nodes.base import Node
from segments.language.sets import PeopleSet

SPACE = 2**32
DRAW = "('x' || substr(md5(%s || p.id::text), 1, 8))::bit(32)::bigint"


class SampleNode(Node):
    key = "sample"

    def check(self, catalogue):
        yield from ()

    def people(self, frame):
        narrowed, only = frame.narrowed("p.id")
        below = round(SPACE * self.body["sample"] / 100)
        return PeopleSet(
            f"SELECT p.id AS profile_id FROM profiles_profile p WHERE {DRAW} & 4294967295 < %s{narrowed}",
            (self.body["seed"], below, *only),
        )

    def clause(self, catalogue):
        return _("who are in the random %(percent)s %% drawn by %(seed)s") % {
            "percent": phrases.number(self.body["sample"]),
            "seed": phrases.quoted(self.body["seed"]),
        }
