"""The web application for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sudapos.settings")
application = get_wsgi_application()

from sudapos.ops import logs  # noqa: E402 — the settings come first

logs.configure("web")
