"""Every address of the product."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from cdp.access.accounts.views import set_language
from cdp.operations import health

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index"), name="start"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("", include("profiles.ingestion.http.urls")),
    path("api/v1/", include("cdp.api.urls")),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
]
