"""Paths of the ingest, each with and without the slash: a redirect would lose events silently in every client."""

from django.urls import re_path

from profiles.ingestion.http import browser_clients, views

CALLS = "batch|import|identify|track|page|screen|group|alias|[tipgasb]"
JITSU = "identify|track|page|screen|group|alias"

urlpatterns = [
    re_path(rf"^v1/(?P<call>{CALLS})/?$", views.ingest, name="ingest"),
    re_path(rf"^api/s/(?:s2s/)?(?P<call>{JITSU})/?$", views.ingest, name="ingest_jitsu"),
    re_path(r"^v1/projects/(?P<key>\w+)/settings/?$", browser_clients.segment_settings, name="segment_settings"),
    re_path(r"^v1/sourceConfig/?$", browser_clients.rudder_source_config, name="rudder_source_config"),
    re_path(r"^(?:v1|api/s)/", views.unknown, name="ingest_unknown"),
]
