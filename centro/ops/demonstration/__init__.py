"""Cases for a demonstration: nine published months, and a living last three months.

docs/explanation/demonstration.md says what is in it and how it is made.
"""

from __future__ import annotations
