"""All settings, by environment. Every name that a user may set is in docs/operations.md."""

import sys
from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from cdp.operations import database_server, secrets

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where we are -----------------------------------------------------------------------------------------------
KENDT_ENV = env.str("KENDT_ENV", default="local")
if KENDT_ENV not in {"local", "test", "production"}:
    raise ImproperlyConfigured("KENDT_ENV is one of: local, test, production.")
PRODUCTION = KENDT_ENV == "production"
TESTING = "pytest" in sys.modules
DEBUG = False
KENDT_DATA = Path(env.str("KENDT_DATA", default=str(BASE_DIR / ".kendt"))).resolve()
KENDT_HOST = env.str("KENDT_HOST", default="127.0.0.1")
KENDT_PORT = env.int("KENDT_PORT", default=8000)
KENDT_TEST_DATA = Path(env.str("KENDT_TEST_DATA", default=str(BASE_DIR.parent / "shared" / "data")))
KENDT_FILES = KENDT_DATA / "files"  # uploads, reject files, deliveries; never served from here directly

SECRETS = KENDT_DATA / "secrets"
SECRET_KEY = secrets.read(SECRETS, "SECRET_KEY")
KENDT_INDEX_KEY = bytes.fromhex(secrets.read(SECRETS, "INDEX_KEY"))
KENDT_KEKS = {1: bytes.fromhex(secrets.read(SECRETS, "KEK_1"))}  # version -> key-encryption key
KENDT_KEK_CURRENT = max(KENDT_KEKS)

ALLOWED_HOSTS = env.list("KENDT_ALLOWED_HOSTS", default=[KENDT_HOST, "localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("KENDT_TRUSTED_ORIGINS", default=[])

# --- Applications ---------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its default would put a plain site in place of cdp.backoffice.site.HouseSite
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.simple_history",
    "cdp.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "simple_history",
    "procrastinate.contrib.django",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "cdp",
    "profiles",
    "consents",
    "partners",
    "segments",
]

MIDDLEWARE = [
    "cdp.operations.middleware.request_id",
    "cdp.operations.middleware.keyed_doors",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "cdp.operations.middleware.session_rules",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "cdp.operations.middleware.simultaneous_writes",
]

ROOT_URLCONF = "cdp.urls"
WSGI_APPLICATION = "cdp.wsgi.application"
APPEND_SLASH = True  # ingest and API paths answer with and without the slash and are never redirected
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database -------------------------------------------------------------------------------------------------
KENDT_DB_NAME = env.str("KENDT_DB_NAME", default="kendt")
EXTERNAL_DATABASE = bool(env.str("DATABASE_URL", default=""))
DATABASES = {
    "default": env.db_url("DATABASE_URL") if EXTERNAL_DATABASE else database_server.database(KENDT_DATA, KENDT_DB_NAME)
}
DATABASES["default"] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
# Per-person keys live in the schema `vault`, which the ordinary dump leaves out (consents: crypto-shredding).
DATABASES["default"].setdefault("OPTIONS", {}).update(
    {"options": "-c search_path=public,vault -c timezone=UTC", "application_name": "kendt", "connect_timeout": 2}
)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People and sessions --------------------------------------------------------------------------------------
AUTH_USER_MODEL = "cdp.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "cdp.access.accounts.backend.StaffBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username", "ip_address"]  # each by itself: one name from anywhere, any name from one place
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "cdp.access.accounts.client_address.address"
AXES_LOCKOUT_CALLABLE = "cdp.access.accounts.views.locked"
AXES_SENSITIVE_PARAMETERS = ["username", "password", "otp_token"]
AXES_VERBOSE = False
SESSION_ENGINE = "cdp.access.accounts.sessions"
SESSION_IDLE = timedelta(minutes=30)
SESSION_ABSOLUTE = timedelta(hours=12)
KENDT_SIGN_IN_KEPT = timedelta(days=env.int("KENDT_SIGN_IN_DAYS", default=180))  # notes of who came in, and who did not
SESSION_COOKIE_AGE = int(SESSION_ABSOLUTE.total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_NAME = "__Host-sessionid" if PRODUCTION else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if PRODUCTION else "csrftoken"
OTP_TOTP_ISSUER = "Kendt"
OTP_REQUIRED = PRODUCTION or env.bool("KENDT_REQUIRE_OTP", default=False)  # for roles that can read personal values

# --- Transport and browser ------------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = PRODUCTION and env.bool("KENDT_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^v1/", r"^api/", r"^health/"]  # a redirect loses events silently; these refuse instead
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
BEHIND_PROXY = env.bool("KENDT_BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# The admin theme evaluates Alpine expressions and sets inline styles; it alone gets the wider policy.
ADMIN_CONTENT_SECURITY_POLICY = {"script-src": [SELF, "'unsafe-eval'"], "style-src": [SELF, "'unsafe-inline'"]}

# --- Languages ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = env.str("KENDT_LANGUAGE", default="en")
LANGUAGES = [("en", "English"), ("da", "Dansk"), ("sv", "Svenska")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = ["cdp.backoffice.formats"]
TIME_ZONE = env.str("KENDT_TIME_ZONE", default="Europe/Copenhagen")

# --- Files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = KENDT_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = KENDT_FILES
if KENDT_ENV == "test" or TESTING:
    STATIC_FILES = "django.contrib.staticfiles.storage.StaticFilesStorage"
elif PRODUCTION:
    STATIC_FILES = "whitenoise.storage.CompressedManifestStaticFilesStorage"
else:  # compressing takes half a minute, which only a network wins back
    STATIC_FILES = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": STATIC_FILES},
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

# --- History --------------------------------------------------------------------------------------------------
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
SIMPLE_HISTORY_REVERT_DISABLED = True
SIMPLE_HISTORY_DATE_INDEX = "composite"
KENDT_DOUBLE_OPT_IN = timedelta(days=env.int("KENDT_DOUBLE_OPT_IN_DAYS", default=14))  # a link confirms until then
# A consent that is reported later than this needs evidence.
KENDT_EVIDENCE_REQUIRED_AFTER = timedelta(days=env.int("KENDT_EVIDENCE_REQUIRED_AFTER_DAYS", default=30))

# --- The feed of changes ----------------------------------------------------------------------------------------
CHANGES_KEPT_DAYS = env.int("KENDT_CHANGES_DAYS", default=30)  # a reader may be away for so long

# --- Intake of events and jobs --------------------------------------------------------------------------------
INGEST_REQUESTS_PER_MINUTE = env.int("KENDT_INGEST_REQUESTS_PER_MINUTE", default=1_000)  # a source, in one web process
INGEST_EVENTS_PER_MINUTE = env.int("KENDT_INGEST_EVENTS_PER_MINUTE", default=20_000)
PROCRASTINATE_IMPORT_PATHS = ["profiles.imports.run.tasks"]  # beside the `tasks` of each app
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}  # a job is only a hint; the rows keep the state

# --- API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "cdp.api.authentication.ServiceKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["cdp.base.api.scopes.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cdp.api.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["cdp.api.throttling.PerKeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {"key": "1200/min"},
    "EXCEPTION_HANDLER": "cdp.api.problems.handle",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Kendt management API",
    "DESCRIPTION": "Profiles, consents, partners, segments: read and write with a service key.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ConsentState": "consents.models.State",
        "ImportState": "profiles.models.sources.ImportState",
        "SegmentState": "segments.models.SegmentState",
        "ActivationState": "segments.models.ActivationState",
        "AgreementState": "partners.models.AgreementState",
        "DeliveryState": "partners.models.DeliveryState",
    },
}

# --- Admin theme ----------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Kendt",
    "SITE_HEADER": "Kendt",
    "SITE_SUBHEADER": _("Known, and allowed"),
    "SITE_SYMBOL": "fingerprint",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "cdp.backoffice.dashboard.home",
    "STYLES": ["cdp.backoffice.site.stylesheet"],
    "SCRIPTS": ["cdp.backoffice.site.script"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "cdp.backoffice.site.icon"}],
    "SITE_URL": "",
    "ACCOUNT": {"navigation": "cdp.backoffice.navigation.account"},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "cdp.backoffice.navigation.groups"},
}

# --- Logs -----------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "cdp.operations.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "axes": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
    },
}
