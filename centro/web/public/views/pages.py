"""The home page, the pages that only say something, and what machines ask for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from centro.cases import pulse
from centro.cases.incidents import announced
from centro.catalog.models import CaseKind
from centro.web.public import home as home_page
from centro.web.public import known
from centro.web.public.forms import FollowForm

# The words of the address for each kind of case.
KIND_WORDS = {
    "solicitud": CaseKind.REQUEST,
    "queja": CaseKind.COMPLAINT,
    "denuncia": CaseKind.DENUNCIATION,
    "sugerencia": CaseKind.SUGGESTION,
    "idea": CaseKind.IDEA,
    "felicitacion": CaseKind.COMPLIMENT,
    "consulta": CaseKind.INQUIRY,
}
LATE_JOBS = timedelta(minutes=10)


@require_safe
@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """Emergency numbers, the search, how my case is, the ways in; what is reported, how it goes."""
    around = home_page.around(request)
    shown = {
        "ways": ways(),
        "follow_form": FollowForm(),
        "figures": pulse.figures(),
        "known": known.on_home(request, around["province"]),
        "more_known": max(len(announced()) - known.MOST, 0),
        **around,
    }
    response = render(request, "public/home.html", shown)
    home_page.remember_choice(request, response, around["province"])
    return response


@require_safe
@login_not_required
def figures(request: HttpRequest) -> HttpResponse:
    """What each number of the first page counts, in a sentence, with the number itself."""
    return render(request, "public/figures.html", {"figures": pulse.figures(), "days": pulse.DAYS})


def ways() -> list[dict[str, str]]:
    """One way in for each kind of case, and the question that needs none."""
    report = reverse("public:report")

    def way(kind: str, icon: str, tone: str, title: str, text: str) -> dict[str, str]:
        return {
            "url": f"{report}?tipo={kind}",
            "icon": icon,
            "tone": f"way__icon--{tone}" if tone else "",
            "title": title,
            "text": text,
        }

    return [
        way(
            "solicitud",
            "wrench",
            "",
            _("Reportar un daño o pedir un servicio"),
            _("Agua, luz, calles, basura, escuelas, hospitales…"),
        ),
        way(
            "queja",
            "chat",
            "sun",
            _("Poner una queja"),
            _("Un servicio del Estado no le atendió como debía."),
        ),
        way(
            "denuncia",
            "shield",
            "danger",
            _("Denunciar"),
            _("Corrupción, abuso o maltrato. Puede ser anónimo."),
        ),
        way(
            "sugerencia",
            "edit",
            "sun",
            _("Hacer una sugerencia"),
            _("Algo que ya existe y podría funcionar mejor."),
        ),
        way(
            "idea",
            "bulb",
            "sun",
            _("Proponer una idea"),
            _("Algo nuevo que el Estado podría hacer."),
        ),
        way(
            "felicitacion",
            "heart",
            "ok",
            _("Felicitar"),
            _("Alguien hizo bien su trabajo y merece saberlo."),
        ),
    ]


@require_safe
@login_not_required
def emergencies(request: HttpRequest) -> HttpResponse:
    return render(request, "public/emergencies.html")


@require_safe
@login_not_required
def privacy(request: HttpRequest) -> HttpResponse:
    return render(request, "public/privacy.html")


@require_safe
@login_not_required
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "public/accessibility.html")


@require_safe
@login_not_required
def about(request: HttpRequest) -> HttpResponse:
    return render(request, "public/about.html")


@require_safe
@login_not_required
@cache_control(max_age=86400, public=True)
def robots(request: HttpRequest) -> HttpResponse:
    private = (
        "/mesa/",
        "/cuenta/",
        "/seguimiento/",
        "/recibo/",
        "/respuesta/",
        "/reportar/*/",
        "/admin/",
    )
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in private)]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@login_not_required
@cache_control(max_age=86400, public=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """So that a telephone can keep the site as an icon."""
    icon = {"src": static("img/favicon.svg"), "sizes": "any", "type": "image/svg+xml"}
    return JsonResponse(
        {
            "name": _("Centro 3-1-1"),
            "short_name": "3-1-1",
            "start_url": "/",
            "display": "minimal-ui",
            "background_color": "#f6f4ef",
            "theme_color": "#0b2c5f",
            "icons": [icon],
        },
        content_type="application/manifest+json",
    )


@require_safe
@login_not_required
@cache_control(max_age=86400, public=True)
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponsePermanentRedirect(static("img/favicon.svg"))


@require_safe
@login_not_required
@cache_control(no_store=True)
def health(request: HttpRequest) -> HttpResponse:
    """200 while the database answers; says besides whether jobs are being carried out."""
    try:
        late = _late_jobs()
    except DatabaseError:
        return JsonResponse({"database": "down", "queue": "unknown"}, status=503)
    return JsonResponse({"database": "ok", "queue": "late" if late else "ok", "late_jobs": late})


def _late_jobs() -> int:
    """How many jobs are due for more than ten minutes: more than none means no worker."""
    query = """
        SELECT count(*) FROM procrastinate_jobs j
        WHERE j.status = 'todo'
          AND coalesce(j.scheduled_at, (
                SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id
              )) < now() - %s::interval
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [f"{LATE_JOBS.total_seconds()} seconds"])
        row: Any = cursor.fetchone()
    return int(row[0])
