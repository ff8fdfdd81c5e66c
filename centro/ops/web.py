"""The site as granian's workers load it, tied to the process that started them."""

from __future__ import annotations

import os
import signal

from django.core.wsgi import get_wsgi_application

from centro.kernel.tied import tie
from centro.ops.collector import settle

# A worker outlives nobody: were granian killed, its workers would go on holding the port.
tie(os.getppid(), signal.SIGKILL)
# A page that takes longer has lost its reader; a statement that goes on holds everyone else up.
os.environ.setdefault("STATEMENT_SECONDS", "20")
application = get_wsgi_application()
settle()
