"""Every address of the installation: machines first, then people."""

from django.urls import include, path

from sudapos.api.urls import urlpatterns as api_patterns

urlpatterns = [*api_patterns, path("", include("sudapos.web.urls"))]

handler400 = "sudapos.web.errors.bad_request"
handler403 = "sudapos.web.errors.forbidden"
handler404 = "sudapos.web.errors.not_found"
handler500 = "sudapos.web.errors.broken"
