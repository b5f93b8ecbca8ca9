"""Every module that declares tables, by name, so that migrations and rebuilds see all of them."""

from __future__ import annotations

from sync_server.accounts import models as accounts
from sync_server.attendance import models as attendance
from sync_server.badges import models as badges
from sync_server.calendar import models as calendar
from sync_server.db import Base
from sync_server.fleet import models as fleet
from sync_server.ingest import models as ingest
from sync_server.posts import models as posts
from sync_server.publishing import models as publishing
from sync_server.queue import models as queue
from sync_server.staff import models as staff

MODEL_MODULES = (accounts, attendance, badges, calendar, fleet, ingest, posts, publishing, queue, staff)

metadata = Base.metadata
