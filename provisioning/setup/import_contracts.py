"""Kinds of import contract that import-linter does not bring, each about direct imports.

Modules are named by patterns as in a shell (``sync_server.*.rules``, ``kiosk.devices.*_kivy``), since
what a module is for stands in its name here. A pattern may match nothing yet.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from importlinter import Contract, ContractCheck, fields, output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grimp import ImportGraph


def matches(module: str, patterns: Iterable[str]) -> bool:
    """Say whether ``module`` is one of ``patterns``, or lies inside one. Pure."""
    return any(fnmatchcase(module, pattern) or fnmatchcase(module, f"{pattern}.*") for pattern in patterns)


def find_imports(graph: ImportGraph, is_wrong: Callable[[str, str], bool]) -> list[Any]:
    """Return the details of every direct import (importer, imported) that ``is_wrong``."""
    found: list[Any] = []
    for importer in sorted(graph.modules):
        if graph.is_module_squashed(importer):
            continue
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            if is_wrong(importer, imported):
                found += graph.get_import_details(importer=importer, imported=imported)
    return found


class _DirectImports(Contract):
    """What the three kinds have in common: a list of wrong imports, told one a line."""

    def is_wrong(self, importer: str, imported: str) -> bool:
        """Say whether this direct import breaks the contract."""
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - import-linter's signature
        """Look at every direct import in the graph."""
        found = find_imports(graph, self.is_wrong)
        return ContractCheck(kept=not found, metadata={"found": found})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each wrong import with its line."""
        for found in check.metadata["found"]:
            output.print_error(
                f"{found['importer']} imports {found['imported']} (l. {found['line_number']})", bold=False
            )


class OnlyImports(_DirectImports):
    """``modules`` import one another and what is ``allowed``, and nothing else.

    import-linter's own kinds forbid what is named; what ``shared`` may use is short, and what it may
    not use is endless.
    """

    type_name: ClassVar[str] = "only_imports"
    modules: Any = fields.ListField(subfield=fields.StringField())
    allowed: Any = fields.ListField(subfield=fields.StringField())

    def is_wrong(self, importer: str, imported: str) -> bool:
        """Say whether one of the modules reaches beyond the list."""
        return matches(importer, self.modules) and not matches(imported, [*self.modules, *self.allowed])


class OnlyImporters(_DirectImports):
    """``imported`` is imported by itself and by ``importers``, and by nothing else."""

    type_name: ClassVar[str] = "only_importers"
    imported: Any = fields.ListField(subfield=fields.StringField())
    importers: Any = fields.ListField(subfield=fields.StringField())

    def is_wrong(self, importer: str, imported: str) -> bool:
        """Say whether somebody else imports it."""
        for protected in self.imported:
            if matches(imported, [protected]):
                return not matches(importer, [protected, *self.importers])
        return False


class OwnDomain(_DirectImports):
    """``modules`` import nothing of ``root`` outside the folder that they lie in."""

    type_name: ClassVar[str] = "own_domain"
    root: Any = fields.StringField()
    modules: Any = fields.ListField(subfield=fields.StringField())

    def is_wrong(self, importer: str, imported: str) -> bool:
        """Say whether a module reaches into another domain."""
        if not any(fnmatchcase(importer, pattern) for pattern in self.modules):
            return False
        own = importer.rpartition(".")[0]
        return matches(imported, [self.root]) and not matches(imported, [own])
