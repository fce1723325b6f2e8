"""/api/v1: the routes that each app offers, with and without the last slash, and the description of it all."""

from importlib import import_module

from django.urls import path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.routers import SimpleRouter

APPS = ("profiles", "consents", "partners", "segments", "cdp.api.audit", "cdp.api.changes")


class OptionalSlashRouter(SimpleRouter):
    """Both spellings answer; neither redirects."""

    def __init__(self):
        super().__init__()
        self.trailing_slash = "/?"


def router() -> OptionalSlashRouter:
    """All routes: each app's `api.routes` is a list of (prefix, viewset), its `paths` what fits no viewset."""
    assembled = OptionalSlashRouter()
    for app in APPS:
        for prefix, viewset in offered(app).routes:
            assembled.register(prefix, viewset, basename=prefix)
    return assembled


def offered(app: str):
    """The module in which an app says what it offers."""
    return import_module(f"{app}.api" if "." not in app else app)


class Schema(SpectacularJSONAPIView):
    """The OpenAPI description; open, since it holds no data."""

    permission_classes: list = []
    authentication_classes: list = []


class DocsPage(SpectacularSwaggerSplitView):
    """The description as a page, with assets of our own host only."""

    permission_classes: list = []
    authentication_classes: list = []
    template_name = "api/docs.html"


urlpatterns = [
    path("openapi.json", Schema.as_view(), name="openapi"),
    path("docs/", DocsPage.as_view(url_name="openapi"), name="api-docs"),
    *[one for app in APPS for one in getattr(offered(app), "paths", [])],
    *router().urls,
]
