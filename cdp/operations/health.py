"""Health for load balancers and monitors: `live` says that the process answers, `ready` that it can do its work."""

import functools
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TakesTooLong

import psycopg
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import JsonResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

ANSWER_SECONDS = 1.5
LATE_SECONDS = 300  # a job that is due and was not taken for this long: the workers are down or too few

# A connection of its own, so that a broken one in the pool does not decide, and one that gives up by itself.
PATIENCE = {"connect_timeout": 2, "keepalives_idle": 2, "keepalives_interval": 2, "keepalives_count": 2}
WAITED = """
    SELECT coalesce(max(extract(epoch FROM now() - greatest(job.scheduled_at, event.at))), 0)::int
    FROM (SELECT id, scheduled_at FROM procrastinate_jobs
          WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY id LIMIT 100) job
    JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
"""

_examiner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="health")


@require_safe
@cache_control(no_store=True)
def live(request):
    return JsonResponse({"status": "ok"})


@require_safe
@cache_control(no_store=True)
def ready(request):
    """200 when the database answers, its migrations are applied and jobs are taken; else 503, within two seconds."""
    checks = _in_time(_examiner.submit(_examine, _last_migrations()))
    if set(checks.values()) == {"ok"}:
        return JsonResponse({"status": "ok", "checks": checks})
    return JsonResponse({"status": "unavailable", "checks": checks}, status=503, headers={"Retry-After": "5"})


def _in_time(examination: Future) -> dict[str, str]:
    try:
        return examination.result(timeout=ANSWER_SECONDS)
    except (TakesTooLong, psycopg.Error):
        examination.cancel()
        return {"database": "unreachable", "migrations": "unknown", "queue": "unknown"}


def _examine(last_migrations: set[tuple[str, str]]) -> dict[str, str]:
    with psycopg.connect(**connection.get_connection_params() | PATIENCE) as database:
        if not _migrated(database, last_migrations):
            return {"database": "ok", "migrations": "pending", "queue": "unknown"}
        late = database.execute(WAITED).fetchone()[0] > LATE_SECONDS
        return {"database": "ok", "migrations": "ok", "queue": "late" if late else "ok"}


def _migrated(database, last_migrations: set[tuple[str, str]]) -> bool:
    if database.execute("SELECT to_regclass('django_migrations')").fetchone()[0] is None:
        return False
    return last_migrations <= set(database.execute("SELECT app, name FROM django_migrations"))


@functools.cache
def _last_migrations() -> set[tuple[str, str]]:
    """The migrations on which no other builds, as (app, name): all are applied when these are."""
    return set(MigrationLoader(None).graph.leaf_nodes())
