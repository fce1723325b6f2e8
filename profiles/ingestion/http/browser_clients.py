"""Two small documents that the stock browser clients fetch before they send, so that only their host has to change."""

from django.http import HttpResponse
from django.utils import timezone

from profiles.ingestion.http import queue
from profiles.ingestion.http.views import answer_json, candidates, ingest_endpoint

#: Nothing is planned, routed or measured by the client: it sends everything here.
EVERYTHING = {"__default": {"enabled": True, "integrations": {}}}


@ingest_endpoint("GET")
def segment_settings(request, key: str) -> HttpResponse:
    """What analytics.js of Segment loads from its `cdnURL`."""
    request.sender = queue.sender(key)
    sending = {
        "apiKey": key,
        "apiHost": f"{request.get_host()}/v1",
        "protocol": request.scheme,
        "unbundledIntegrations": [],
        "addBundledMetadata": False,
        "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
    }
    return answer_json(
        {
            "integrations": {"Segment.io": sending},
            "plan": {"track": EVERYTHING, "identify": EVERYTHING, "group": EVERYTHING},
            "edgeFunction": {},
            "analyticsNextEnabled": True,
            "middlewareSettings": {},
            "enabledMiddleware": {},
            "metrics": {"sampleRate": 0},
            "legacyVideoPluginsEnabled": False,
            "remotePlugins": [],
        }
    )


@ingest_endpoint("GET")
def rudder_source_config(request) -> HttpResponse:
    """What the browser client of RudderStack loads from `configUrl`/sourceConfig."""
    request.sender = queue.sender(*candidates(request), request.GET.get("writeKey", ""))
    now = timezone.now().isoformat()
    quiet = {"enabled": False}
    source = {
        "id": str(request.sender.source),
        "name": "Kendt",
        "workspaceId": "kendt",
        "enabled": True,
        "destinations": [],
        "config": {"statsCollection": {"errors": quiet, "metrics": quiet}},
        "dataplanes": {},
        "updatedAt": now,
    }
    return answer_json({"source": source, "updatedAt": now})
