"""Whom no segment may hold, whatever its rule says: people under restriction, and who object to profiling."""

from django.db import connection

from consents.models import Purpose
from consents.overrides import standing
from consents.state.fold import ALWAYS, EVERYONE


def flagged() -> str:
    """SQL without parameters that selects `profile_id` of those who are left out at present."""
    layers = [_layer(standing.RESTRICTED)]
    for purpose in Purpose.objects.filter(profiling=True).values_list("pk", flat=True):
        layers.append(_layer(standing.OBJECTED, purpose=purpose, marketing=False))
    return " UNION ".join(f"SELECT f.profile AS profile_id FROM ({layer}) f" for layer in layers)


def _layer(template: str, **parameters) -> str:
    statement = template.format(**standing.parts(place=EVERYONE, people=standing.ALL))
    return connection.ops.compose_sql(statement, ALWAYS | parameters)
