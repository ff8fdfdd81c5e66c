"""The short form inside an entity's own site. It has no session: browsers give none to a frame."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from centro.cases.actions import Matter, Reporter, open_case
from centro.cases.models import Case
from centro.channels.models import Account
from centro.kernel.actor import citizen
from centro.kernel.errors import Refused
from centro.web.public import limits
from centro.web.public.forms import EmbedForm
from centro.web.public.photos import keep_photos
from centro.web.public.sending import CHANNEL

_SALT, _LASTS = "embed", 6 * 3600


# The signed token in the form stands for the cookie that a frame does not have: the form has no
# authority of a session that another site could borrow.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@login_not_required
@never_cache
def form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and after it the number and the code."""
    account = Account.objects.filter(kind="embed", slug=slug, active=True).select_related("agency")
    found = account.first()
    if found is None:
        raise Http404
    given = EmbedForm(request.POST or None, request.FILES or None, agency=found.agency)
    shown = {"account": found, "form": given, "case": None, "token": _token(slug)}
    status = 200
    if request.method == "POST":
        shown["token"] = request.POST.get("token", "")
        shown["case"] = _send(request, given, slug)
        status = 200 if shown["case"] else 422
    response = render(request, "public/embed.html", shown, status=status)
    origins = found.options.get("origins", "").split()
    response._csp_replace = {"frame-ancestors": origins}  # type: ignore[attr-defined]  # as django-csp reads it
    response.xframe_options_exempt = True
    return response


def _token(slug: str) -> str:
    return signing.dumps({"id": str(uuid4()), "for": slug}, salt=_SALT)


def _send(request: HttpRequest, form: EmbedForm, slug: str) -> Case | None:
    try:
        said = signing.loads(request.POST.get("token", ""), salt=_SALT, max_age=_LASTS)
        token = UUID(said["id"]) if said["for"] == slug else None
    except (signing.BadSignature, KeyError, ValueError, TypeError):
        token = None
    if token is None:
        form.add_error(
            None, _("El formulario caducó. Vuelva a cargar la página y envíelo otra vez.")
        )
        return None
    if not form.is_valid():
        return None
    limits.count_opening(request)
    given = form.cleaned_data
    who = {key: given[key] for key in ("name", "phone", "email")}
    try:
        known = Case.objects.filter(intake_token=token).first()
        return known or open_case(
            matter=Matter(
                service=given["service"],
                description=given["description"],
                place=given["place"],
                reference=given["reference"],
                photos=keep_photos(given["photos"]),
            ),
            channel=CHANNEL,
            reporter=Reporter(**who) if any(who.values()) else None,
            language=get_language() or "es",
            intake_token=token,
            by=citizen(given["name"]),
        )
    except Refused as refusal:
        form.add_error(None, refusal.message)
        return None
