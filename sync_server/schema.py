"""Every module that declares tables, by name, so that migrations and rebuilds see all of them."""

from __future__ import annotations

from sync_server.accounts import models as accounts
from sync_server.db import Base
from sync_server.fleet import models as fleet
from sync_server.ingest import models as ingest

MODEL_MODULES = (accounts, fleet, ingest)

metadata = Base.metadata
