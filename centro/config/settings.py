"""Every setting, read once from the environment. Nothing else in the project reads os.environ.

The `centro` command line fills in what is missing (database, secrets) from `var/` before Django
starts, so a production site sets the variables and a newcomer sets none.
See docs/reference/settings.md for each variable.
"""

from __future__ import annotations

import os
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from centro.ops.logs import configure_structlog, logging_config

django_stubs_ext.monkeypatch()
ROOT = Path(__file__).resolve().parents[2]
VAR = Path(os.environ.get("CENTRO_VAR", ROOT / "var"))


def _flag(name: str, default: str = "") -> bool:
    return os.environ.get(name, default).lower() in {"1", "true", "yes", "on"}


DEBUG = _flag("DEBUG")
SECRET_KEY = os.environ.get("SECRET_KEY", "unset-run-through-the-centro-command")
# Kept outside the database on purpose: a leaked database must open no case and reveal no cédula.
ACCESS_KEY = os.environ.get("ACCESS_KEY", SECRET_KEY).encode()
PERSON_KEY = os.environ.get("PERSON_KEY", SECRET_KEY).encode()
# Seals what opens the accounts of the channels, and signs the addresses by which mails are answered.
CHANNEL_KEY = os.environ.get("CHANNEL_KEY", SECRET_KEY).encode()
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8311").rstrip("/")
DEMONSTRATION = _flag("DEMONSTRATION")
FILES_ROOT = Path(os.environ.get("FILES_ROOT", VAR / "files"))
# The antivirus that files from outside are shown to (ClamAV), as host:port; empty: none.
CLAMAV = os.environ.get("CLAMAV", "")
# Where the facts lie that figures are counted from, and which engine counts: duckdb or pyspark.
FACTS_ROOT = Path(os.environ.get("FACTS_ROOT", VAR / "facts"))
# Where the models lie that understand what citizens write.
MODELS_ROOT = Path(os.environ.get("MODELS_ROOT", VAR / "models"))
INSIGHTS_ENGINE = os.environ.get("INSIGHTS_ENGINE", "duckdb")
INSIGHTS_THREADS = int(os.environ.get("INSIGHTS_THREADS", "2"))
INSIGHTS_MEMORY = os.environ.get("INSIGHTS_MEMORY", "768MB")
# The address of a Spark cluster; empty: in this process.
INSIGHTS_SPARK_MASTER = os.environ.get("INSIGHTS_SPARK_MASTER", "local[2]")
TILES_URL = os.environ.get("TILES_URL", "")
TILES_CREDIT = os.environ.get("TILES_CREDIT", "")
BEHIND_TLS = _flag("BEHIND_TLS")

ROOT_URLCONF = "centro.config.urls"
WSGI_APPLICATION = "centro.config.wsgi.application"
LANGUAGE_CODE = "es"
LANGUAGES = [("es", _("Español")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "centro" / "locale"]
TIME_ZONE = os.environ.get("TIME_ZONE", "America/Panama")
USE_TZ = True
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "centro.web.administration.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "centro.accounts",
    "centro.places",
    "centro.people",
    "centro.files",
    "centro.agencies",
    "centro.catalog",
    "centro.channels",
    "centro.knowledge",
    "centro.contacts",
    "centro.cases",
    "centro.insights",
    "centro.web",
    "centro.web.hooks",
    "centro.web.public",
    "centro.web.desk",
]
if find_spec("django_linear_migrations"):  # a tool of developers: one line of history per app
    INSTALLED_APPS.append("django_linear_migrations")
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "centro.web.hardening.HardeningMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "centro.web.access.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "centro.web.refusals.RefusalMiddleware",
    "centro.web.unavailable.UnavailableMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Before the apps' own, so that the pages of the libraries look like ours.
        "DIRS": [ROOT / "centro" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "centro.web.context.site",
            ]
        },
    }
]
FORM_RENDERER = "centro.web.forms.Renderer"


# Connections that one process keeps open; 0 opens one for each request (behind PgBouncer, in tests).
POOL = int(os.environ.get("DATABASE_POOL", "8"))
# Seconds after which the server gives up a statement; 0 for never (commands, jobs, migrations).
PATIENCE = int(os.environ.get("STATEMENT_SECONDS", "0"))


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or 5432),
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
        # Whoever asks while the database is gone is told so in a few seconds, and a connection
        # whose other end has vanished without a word is given up.
        "OPTIONS": {"connect_timeout": 4, "tcp_user_timeout": 15_000}
        | ({"options": f"-c statement_timeout={PATIENCE}s"} if PATIENCE else {})
        | ({"pool": {"min_size": 1, "max_size": POOL, "timeout": 4}} if POOL else {}),
    }


DATABASES = {
    "default": _database(os.environ.get("DATABASE_URL", "postgresql://centro@127.0.0.1/centro"))
}
PASSWORD_HASHERS = os.environ.get(
    "PASSWORD_HASHERS", "django.contrib.auth.hashers.PBKDF2PasswordHasher"
).split(",")
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "centro.agencies.permissions.PostBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/mesa/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # a stranger's address gets no mail from us
# These count per process; centro.web.sign_in counts for all. A ministry may share one address.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "reset_password": "60/m/ip,5/m/key"}
ACCOUNT_FORMS = {"login": "centro.web.sign_in.SignInForm"}
ACCOUNT_ADAPTER = "centro.web.sign_in.StaffAdapter"
MFA_ADAPTER = "centro.web.sign_in.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Centro 311"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT", VAR / "static"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or _flag("PLAIN_STATIC")
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG or _flag("PLAIN_STATIC")
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = _flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 20
# Where a mail server hands over the mails of our accounts; 0: nowhere.
LMTP_HOST = os.environ.get("LMTP_HOST", "127.0.0.1")
LMTP_PORT = int(os.environ.get("LMTP_PORT", "0"))
# Where the networks answer; tests put their own there.
META_URL = os.environ.get("META_URL", "https://graph.facebook.com/v24.0").rstrip("/")
X_URL = os.environ.get("X_URL", "https://api.x.com").rstrip("/")
TELEGRAM_URL = os.environ.get("TELEGRAM_URL", "https://api.telegram.org").rstrip("/")
# Where Twilio's interface is; another host for whoever speaks its rules.
TWILIO_URL = os.environ.get("TWILIO_URL", "https://api.twilio.com").rstrip("/")
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Centro 3-1-1 <311@centro311.example>")

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_HTTPONLY = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
_tiles_origin = "{0.scheme}://{0.netloc}".format(urlsplit(TILES_URL)) if TILES_URL else None
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *([_tiles_origin] if _tiles_origin else [])],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}

configure_structlog()
LOGGING = logging_config(
    os.environ.get("LOG_FORMAT", "human"), os.environ.get("LOG_LEVEL", "WARNING").upper()
)

# Rules of the service that a site may change.
CONFIRMATION_DAYS = int(
    os.environ.get("CONFIRMATION_DAYS", "5")
)  # working days to answer "was it solved?"
REOPENING_DAYS = int(os.environ.get("REOPENING_DAYS", "30"))  # calendar days
# What the President is shown a day, and the working days an instruction gives unless told otherwise.
PRESIDENT_BUNDLES = int(os.environ.get("PRESIDENT_BUNDLES", "7"))
INSTRUCTION_DAYS = int(os.environ.get("INSTRUCTION_DAYS", "3"))
# Of each entity's closures with a solution: how many in a hundred are looked at again, and at most
# how many a day. 0 looks at none.
AUDIT_SHARE = int(os.environ.get("AUDIT_SHARE", "5"))
AUDIT_MOST = int(os.environ.get("AUDIT_MOST", "10"))
OFFICE_OPENS = os.environ.get("OFFICE_OPENS", "08:00")
OFFICE_CLOSES = os.environ.get("OFFICE_CLOSES", "16:00")
# Local time of night in which people of the State get no mail that is not urgent.
QUIET_FROM = os.environ.get("QUIET_FROM", "22:00")
QUIET_UNTIL = os.environ.get("QUIET_UNTIL", "06:00")
