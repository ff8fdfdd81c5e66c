"""Photos that were checked and re-encoded, and documents that were checked."""

from __future__ import annotations

from uuid import uuid4

from django.db import models


class StoredFile(models.Model):
    """A photo on disk, in two sizes, or a document as it came, found by its key.

    The original of a photo is never kept. `draft_token` while its report is a draft. A document
    has no width and no height.
    """

    key = models.UUIDField(unique=True, default=uuid4)
    media_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    name = models.CharField(max_length=150, blank=True)
    uploaded_by = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    draft_token = models.UUIDField(null=True, db_index=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="files_by_age")]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def is_photo(self) -> bool:
        return self.width > 0
