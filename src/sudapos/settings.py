"""Django's settings. Everything that an installation may change comes from SUDAPOS_… or DATABASE_URL."""

from __future__ import annotations

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from sudapos.ops import database, toml

toml.load()  # under a foreign server nobody else reads the file
BASE = Path(__file__).resolve().parent
HOME = database.home()


def _secret_key() -> str:
    named = os.environ.get("SUDAPOS_SECRET_KEY")
    if named:
        return named
    path = HOME / "secret_key"
    if not path.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text().strip()


SECRET_KEY = _secret_key()
DEBUG = os.environ.get("SUDAPOS_DEBUG") == "1"
ALLOWED_HOSTS = [h for h in os.environ.get("SUDAPOS_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if h]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("SUDAPOS_ORIGINS", "").split(",") if o]
PUBLIC_URL = os.environ.get("SUDAPOS_PUBLIC_URL", "").rstrip("/")
"""Where channels reach us for notices and customers open their page, e.g. https://refunds.example.com; empty: neither."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "axes",
    "allauth",
    "allauth.account",  # only because allauth.mfa stands on it; none of its pages is routed
    "allauth.mfa",
    "sudapos.books",
    "sudapos.web",
]
MIDDLEWARE = [
    "sudapos.api.edge.Middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "sudapos.web.language.Middleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "sudapos.web.presence.Middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "sudapos.urls"
WSGI_APPLICATION = "sudapos.wsgi.application"
LOADERS = ["django.template.loaders.filesystem.Loader"]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "web" / "templates"],
        "OPTIONS": {
            "loaders": [("django.template.loaders.cached.Loader", LOADERS)] if not DEBUG else LOADERS,
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sudapos.web.frame.context",
            ],
            "builtins": ["sudapos.web.templatetags.desk"],
        },
    }
]

DATABASES = {"default": database.settings(os.environ.get("DATABASE_URL") or f"postgresql:///{database.NAME}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "books.Operator"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["code", "name"]},
    },
]
SECOND_FACTOR = os.environ.get("SUDAPOS_SECOND_FACTOR", "required")
"""required: admin, manager, finance, auditor and owner enrol before anything else; offered: whoever likes (the demo)."""
IDLE_MINUTES = int(os.environ.get("SUDAPOS_IDLE_MINUTES", "30"))
"""How long a person of these roles may do nothing; a cashier's till waits longer (core/entry.py)."""
MFA_ADAPTER = "sudapos.books.authenticators.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = False
ACCOUNT_USER_MODEL_USERNAME_FIELD = "code"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_EMAIL_VERIFICATION = "none"
AXES_USERNAME_FORM_FIELD = "code"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=10)
AXES_DISABLE_ACCESS_LOG = True  # the audit log is the one that is kept
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
SILENCED_SYSTEM_CHECKS = ["axes.W002", "axes.W003"]
"""Its middleware and backend are not used: books/tries.py counts passwords, PINs and codes alike."""
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 12 * 3600  # one long shift
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SESSION_COOKIE_SECURE else None
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE / "web" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE / "web" / "static"]
STATIC_ROOT = HOME / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
LOG_LEVEL = os.environ.get("SUDAPOS_LOG_LEVEL", "WARNING")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler", "level": LOG_LEVEL}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "axes": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
    },  # a 404 quotes whatever somebody typed into an address
}
TEST_RUNNER = "django.test.runner.DiscoverRunner"
