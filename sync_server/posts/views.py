"""Page: the list of posts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import render_template, request

from sync_server.accounts.policy import WATCHING
from sync_server.attendance.queries import posts_on_duty
from sync_server.posts.queries import list_posts
from sync_server.runtime import get_runtime
from sync_server.staff.queries import list_departments
from sync_server.web.routing import Route, blueprint_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def post_list() -> ResponseReturnValue:
    """Show the posts, who holds them, and where someone has scanned today."""
    search = request.args.get("q", "")[:60]
    department_id = request.args.get("department", type=int)
    runtime = get_runtime()
    with runtime.database.reading() as session:
        return render_template(
            "posts/list.html",
            search=search,
            department_id=department_id,
            departments=list_departments(session, runtime.hall),
            posts=list_posts(session, runtime.hall, search=search, department_id=department_id),
            on_duty=frozenset(posts_on_duty(session, runtime.hall, runtime.clock.now())),
        )


ROUTES: Final = (Route("/posts", post_list, WATCHING),)
blueprint: Final = blueprint_of("posts", __name__, ROUTES)
