"""A group of commands that loads a command's module only when that command is called.

A kiosk's installation has no Flask, a server's no Kivy: listing the commands, and running those of
the one, must not import the other.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from shared.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Lazy:
    """A command that is loaded when called: ``module:attribute``, what the list says of it, its extra."""

    target: str
    summary: str
    extra: str


class LazyGroup(click.Group):
    """A click group whose commands are named by :class:`Lazy`."""

    def __init__(self, name: str | None = None, *, lazy: Mapping[str, Lazy] | None = None, **options: Any) -> None:  # noqa: ANN401 - click's own options go through as they are
        """Take click's own options and the commands by name."""
        super().__init__(name, **options)
        self.lazy = dict(lazy or {})

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, loaded or not."""
        return sorted({*super().list_commands(ctx), *self.lazy})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, importing its module now.

        Raises:
            Unavailable: ``part_not_installed``: this installation lacks what the command needs.
        """
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        lazy = self.lazy[cmd_name]
        module, _, attribute = lazy.target.partition(":")
        try:
            loaded = getattr(importlib.import_module(module), attribute)
        except ModuleNotFoundError as error:
            raise Unavailable("part_not_installed", part=lazy.extra, module=error.name) from error
        if not isinstance(loaded, click.Command):
            raise TypeError(lazy.target)
        return loaded

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by their summaries, without loading them."""
        rows = [
            (name, self.lazy[name].summary if name in self.lazy else self._summary(ctx, name))
            for name in self.list_commands(ctx)
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def _summary(self, ctx: click.Context, name: str) -> str:
        command = super().get_command(ctx, name)
        return command.get_short_help_str(limit=100) if command else ""
