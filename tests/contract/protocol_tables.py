"""Makes the tables of PROTOCOL.md from the code: fields, record types, transitions, problems, codes, limits.

``python -m tests.contract.protocol_tables`` writes them between the document's marks.
"""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import UNSET, inspect

from provisioning.sentences import load_sentences
from provisioning.setup.docs import ERROR_CLASSES
from shared import chain, evidence, limits, pack, records, server_keys, sync_messages
from shared.records import KNOWN_TYPES, SEALED_TYPES
from shared.sync_session import TRANSITIONS
from sync_server import problems

if TYPE_CHECKING:
    from collections.abc import Iterator

    import msgspec

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = ROOT / "PROTOCOL.md"
SHARED: Final = ROOT / "shared"
MODULES: Final = (chain, evidence, pack, records, server_keys, sync_messages)
_MARK: Final = re.compile(r"(?P<indent> *)<!-- made: (?P<what>[^>]*) -->\n.*?<!-- end -->", re.DOTALL)
_MAX_SAFE: Final = "2^53−1"


def renew(document: str) -> str:
    """Return the document with every table made anew. Pure."""
    return _MARK.sub(_renew_table, document)


def _renew_table(found: re.Match[str]) -> str:
    what, indent = found["what"], found["indent"]
    name, _, kinds = what.partition(" ")
    made = {
        "fields": lambda: format_fields(kinds.split(", ")),
        "records": format_records,
        "transitions": format_transitions,
        "problems": format_problems,
        "codes": format_codes,
        "limits": format_limits,
    }[name]()
    text = "\n".join([f"<!-- made: {what} -->", "", *made, "", "<!-- end -->"])
    return "\n".join(indent + line if line else line for line in text.split("\n"))


def format_fields(names: list[str]) -> Iterator[str]:
    """Yield the fields of structs with their forms."""
    for number, name in enumerate(names):
        kind = next(vars(module)[name] for module in MODULES if name in vars(module))
        if len(names) > 1:
            if number:
                yield ""
            yield f"`{name}`"
            yield ""
        yield "| field | form |"
        yield "|---|---|"
        yield from (f"| `{field.encode_name}` | {form_of_field(field)} |" for field in _fields(kind))


def format_records() -> Iterator[str]:
    """Yield the known types with the fields of their data."""
    yield "| type | field of `data` | form |"
    yield "|---|---|---|"
    for name, kind in KNOWN_TYPES.items():
        title = f"`{name}`" + (", *sealed*" if name in SEALED_TYPES else "")
        for field in _fields(kind):
            yield f"| {title} | `{field.encode_name}` | {form_of_field(field)} |"
            title = ""


def format_transitions() -> Iterator[str]:
    """Yield the moves of a session."""
    yield "| state | event | next state |"
    yield "|---|---|---|"
    for (state, event), following in TRANSITIONS.items():
        yield f"| `{state.value}` | `{event.value}` | `{following.value}` |"


def format_problems() -> Iterator[str]:
    """Yield the codes that are not answered as their fault is."""
    yield "| code | status | `kiosk_action` |"
    yield "|---|---|---|"
    for code, (status, action) in sorted(problems._BY_CODE.items()):
        yield f"| `{code}` | {status.value} | `{action.value}` |"


def format_codes() -> Iterator[str]:
    """Yield the codes of ``shared`` with their fault and what a person reads."""
    sentences = load_sentences()
    yield "| code | fault | what a person reads |"
    yield "|---|---|---|"
    for code, faults in sorted(find_codes().items()):
        told = sentences.get(code, {}).get("en", "").replace("|", "\\|")
        yield f"| `{code}` | {', '.join(f'`{fault}`' for fault in sorted(faults))} | {told} |"


def find_codes() -> dict[str, set[str]]:
    """Return the codes that ``shared`` raises of what travels, with the classes of their errors."""
    found: dict[str, set[str]] = {}
    for path in sorted(set(SHARED.glob("*.py")) - {SHARED / "settings_text.py"}):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                continue
            code = node.args[0]
            choices = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
            for choice in choices:
                if node.func.id in ERROR_CLASSES and isinstance(choice, ast.Constant):
                    found.setdefault(str(choice.value), set()).add(node.func.id)
    return found


def format_limits() -> Iterator[str]:
    """Yield every limit with its reason."""
    yield "| limit | value | why |"
    yield "|---|---|---|"
    body = ast.parse((SHARED / "limits.py").read_text(encoding="utf-8")).body
    for assigned, reason in pairwise(body):
        if isinstance(assigned, ast.AnnAssign) and isinstance(assigned.target, ast.Name):
            name = assigned.target.id
            why = " ".join(ast.literal_eval(reason.value).split()) if isinstance(reason, ast.Expr) else ""
            yield f"| `{name}` | {vars(limits)[name]:,} | {why} |".replace("``", "`")


def _fields(kind: type[msgspec.Struct]) -> tuple[inspect.Field, ...]:
    made_of = inspect.type_info(kind)
    assert isinstance(made_of, inspect.StructType)
    return tuple(sorted(made_of.fields, key=lambda field: field.encode_name))


def form_of_field(field: inspect.Field) -> str:
    """Return what a field may hold, as a person reads it. Pure."""
    return form_of(field.type) + (", optional" if field.default is UNSET else "")


def form_of(kind: inspect.Type) -> str:  # noqa: PLR0911 - one a kind
    """Return what a type may hold, as a person reads it. Pure."""
    match kind:
        case inspect.StrType():
            return _form_of_text(kind)
        case inspect.IntType(ge=lowest, le=highest):
            top = _MAX_SAFE if highest == limits.MAX_SAFE_INTEGER else highest
            return "integer" if highest is None else f"{lowest} to {top}"
        case inspect.LiteralType(values=values):
            return " · ".join(f"`{value}`" for value in values)
        case inspect.EnumType(cls=cls):
            return " · ".join(f"`{member.value}`" for member in cls)
        case inspect.ListType(item_type=item):
            return f"list{_bounds(kind.min_length, kind.max_length, 'items')} of: {form_of(item)}"
        case inspect.DictType(value_type=inspect.AnyType()):
            return "object"
        case inspect.DictType(value_type=value):
            return f"object of: {form_of(value)}"
        case inspect.UnionType(types=kinds):
            return ", or ".join(form_of(one) for one in kinds)
        case inspect.StructType(cls=cls):
            return f"`{cls.__name__}`"
    return "null"


def _form_of_text(kind: inspect.StrType) -> str:
    if kind.pattern is None:
        return f"text{_bounds(kind.min_length, kind.max_length, 'characters')}"
    bare = kind.pattern.removeprefix(r"\A").removesuffix(r"\Z").replace("|", "\\|")
    if bare == "[A-Za-z0-9_-]{43}":
        return "32 bytes in base64url"
    hexadecimal = re.fullmatch(r"\[0-9a-f\]\{([0-9]+)\}", bare)
    return f"`{bare}`" if hexadecimal is None else f"{hexadecimal[1]} hex"


def _bounds(lowest: int | None, highest: int | None, unit: str) -> str:
    if highest is None:
        return "" if lowest is None else f", at least {lowest} {unit},"
    return f" of at most {highest} {unit}" if not lowest else f" of {lowest} to {highest} {unit}"


def main() -> None:
    """Write the tables anew."""
    DOCUMENT.write_text(renew(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
