"""Drafts: what was said is not lost, and not kept longer than needed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image

from centro.contacts.actions import drop_draft, purge_drafts, save_draft, start_draft
from centro.contacts.models import Draft
from centro.contacts.tasks import purge_drafts_and_photos
from centro.files.actions import keep_photo
from centro.files.models import StoredFile
from centro.kernel.actor import citizen
from centro.kernel.clock import now
from centro.kernel.errors import Invalid, NotFound
from tests import make


def test_keys_are_added_and_the_last_word_counts():
    draft = start_draft(face="public", kind="queja")
    save_draft(token=draft.token, face="public", description="Hay un hueco")
    saved = save_draft(
        token=draft.token, face="public", description="Hay dos huecos", place="8-1-1"
    )
    assert saved.data == {"kind": "queja", "description": "Hay dos huecos", "place": "8-1-1"}


def test_a_draft_is_reached_only_where_and_by_whom_it_was_begun():
    ana, luis = make.user(), make.user()
    of_ana = start_draft(face="desk", user=ana)
    public = start_draft(face="public")
    for token, face, user in [
        (of_ana.token, "desk", luis),
        (of_ana.token, "public", None),
        (of_ana.token, "desk", None),
        (public.token, "desk", ana),
        (public.token, "public", ana),
        (uuid4(), "public", None),
    ]:
        with pytest.raises(NotFound), transaction.atomic():
            save_draft(token=token, face=face, user=user, text="x")


def test_a_draft_has_its_limits():
    draft = start_draft(face="public", text="x" * 60_000)
    with pytest.raises(Invalid), transaction.atomic():
        save_draft(token=draft.token, face="public", more="x" * 60_000)
    assert "more" not in Draft.objects.get().data
    with pytest.raises(Invalid), transaction.atomic():
        start_draft(face="public", text="x" * 70_000)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.slow
@given(said=JSON)
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_anything_that_is_said_can_be_kept(said):
    draft = start_draft(face="public", said=said)
    draft.refresh_from_db()
    assert "said" in draft.data


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a\x00b", "ab"),
        ("\ud800x", "x"),
        ("\\u0000", "\\u0000"),
        (["\x00", {"k\x00": "v\x00"}], ["", {"k": "v"}]),
        ("ñ😀", "ñ😀"),
    ],
)
def test_what_the_database_cannot_keep_is_left_out(said, kept):
    draft = start_draft(face="public", said=said)
    draft.refresh_from_db()
    assert draft.data == {"said": kept}


def test_a_dropped_draft_is_gone_and_dropping_again_does_no_harm():
    draft = start_draft(face="public")
    drop_draft(token=draft.token)
    drop_draft(token=draft.token)
    assert not Draft.objects.exists()


def test_after_two_days_a_draft_and_its_photos_are_gone():
    image = BytesIO()
    Image.new("RGB", (8, 8)).save(image, "PNG")
    old, fresh = start_draft(face="public"), start_draft(face="public")
    for draft in (old, fresh):
        image.seek(0)
        keep_photo(upload=image, by=citizen(), draft_token=draft.token)
    past = now() - timedelta(hours=50)
    Draft.objects.filter(pk=old.pk).update(created_at=past)
    StoredFile.objects.filter(draft_token=old.pk).update(created_at=past)
    purge_drafts_and_photos(timestamp=0)
    assert Draft.objects.get() == fresh
    assert StoredFile.objects.get().draft_token == fresh.pk
    assert purge_drafts() == 0


def test_a_draft_of_the_desk_is_somebody_s():
    for face, user in [("desk", None), ("public", make.user())]:
        with pytest.raises(IntegrityError), transaction.atomic():
            start_draft(face=face, user=user)


@pytest.mark.django_db(transaction=True)
def test_steps_saved_at_the_same_moment_all_count():
    draft = start_draft(face="public")

    def save(n: Any) -> None:
        try:
            save_draft(token=draft.token, face="public", **{f"step{n}": n})
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(save, range(10)))
    assert Draft.objects.get().data == {f"step{n}": n for n in range(10)}
