"""Settings written in TOML, turned into a struct; what is wrong is told by key, line and what was expected.

Pure: whoever owns a settings file reads its bytes. What is expected comes from the struct's own types, in
words of both languages; a type whose form needs an example brings its words along with :func:`words`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec import Meta, inspect

from shared.errors import MalformedInput

if TYPE_CHECKING:
    from collections.abc import Mapping

S = TypeVar("S", bound=msgspec.Struct)

_AT: Final = re.compile(r" - at `\$\.?([^`]*)`\Z")
_FIELD: Final = re.compile(r"(?:unknown|missing required) field `([^`]*)`")
_LINE: Final = re.compile(r"\(at line ([0-9]+),")
_WORDS: Final = "words"


@dataclass(frozen=True, repr=False)
class Wording:
    """The same in Chinese and in English; a log gets the English."""

    zh: str
    en: str

    def __str__(self) -> str:
        """Return the English."""
        return self.en

    def __repr__(self) -> str:
        """Return the English as a fact of an error shows it."""
        return repr(self.en)


_TEXT: Final = Wording("引号中的文字", "text in quotation marks")
_BOOLEAN: Final = Wording("true 或 false", "true or false")


def words(zh: str, en: str) -> Meta:
    """Return what a setting's type says of itself in place of its pattern."""
    return Meta(extra={_WORDS: Wording(zh, en)})


def parse_settings(content: bytes, kind: type[S], given: Mapping[str, object] | None = None) -> S:
    """Return the settings that ``content`` spells. ``given``: top-level values that win over it.

    Raises:
        MalformedInput: ``settings_not_toml`` (line, why), ``settings_key_unknown`` (key, line, expected),
            ``settings_key_missing`` (key, expected), ``settings_value_wrong`` (key, line, expected).
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MalformedInput("settings_not_toml", line=line, why="not UTF-8") from error
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found else max(1, len(text.splitlines()))
        raise MalformedInput("settings_not_toml", line=line, why=str(error)) from error
    try:
        return msgspec.convert({**fields, **(given or {})}, kind)
    except msgspec.ValidationError as error:
        raise _explain(str(error), text, kind) from error


def wrong_value(key: str, text: str, kind: type[msgspec.Struct], expected: Wording | None = None) -> MalformedInput:
    """Return the error for a value that has the right type and is wrong all the same. Pure."""
    told = expected or _describe(_find_type(kind, key))
    return MalformedInput("settings_value_wrong", key=key, line=line_of(key, text), expected=told)


def missing_key(key: str, kind: type[msgspec.Struct]) -> MalformedInput:
    """Return the error for a key that is needed and not there. Pure."""
    return MalformedInput("settings_key_missing", key=key, expected=_describe(_find_type(kind, key)))


def line_of(key: str, text: str) -> int | None:
    """Return the line, from 1, on which ``table.key`` is set; that of its table if it has none of its own. Pure."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.fullmatch(r"\s*\[([^][]+)\]\s*(#.*)?", line)
        if header is not None:
            table = _plain(header[1])
            if table == key:
                return number
            continue
        left, sign, _ = line.partition("=")
        if sign and f"{table}.{_plain(left)}".strip(".") == key:
            return number
    parent = key.rpartition(".")[0]
    return line_of(parent, text) if parent else None


def _plain(name: str) -> str:
    return re.sub(r"[\s\"']", "", name)


def _explain(told: str, text: str, kind: type[msgspec.Struct]) -> MalformedInput:
    placed, named = _AT.search(told), _FIELD.search(told)
    place = placed[1] if placed else ""
    if named is None:
        return wrong_value(place, text, kind)
    key = f"{place}.{named[1]}".strip(".")
    if "missing required" in told:
        return missing_key(key, kind)
    known = ", ".join(field.encode_name for field in _find_fields(kind, place))
    return MalformedInput("settings_key_unknown", key=key, line=line_of(key, text), expected=Wording(known, known))


def _find_fields(kind: type[msgspec.Struct], place: str) -> tuple[inspect.Field, ...]:
    found = _find_type(kind, place) if place else inspect.type_info(kind)
    return found.fields if isinstance(found, inspect.StructType) else ()


def _find_type(kind: type[msgspec.Struct], key: str) -> inspect.Type:
    found: inspect.Type = inspect.type_info(kind)
    for name in key.split("."):
        fields = found.fields if isinstance(found, inspect.StructType) else ()
        found = next((field.type for field in fields if field.encode_name == name), inspect.AnyType())
    return found


def _describe(found: Any) -> Wording:  # noqa: ANN401, PLR0911 - any of msgspec's type nodes, one answer each
    match found:
        case inspect.Metadata(extra={"words": Wording() as told}):
            return told
        case inspect.UnionType(types=(first, *_)):
            return _describe(first)
        case inspect.BoolType():
            return _BOOLEAN
        case inspect.IntType(ge=None):
            return Wording("整数", "a whole number")
        case inspect.IntType(ge=least, le=most):
            return Wording(f"{least} 到 {most} 的整数", f"a whole number from {least} to {most}")
        case inspect.LiteralType(values=values):
            choices = [str(value) for value in values]
            return Wording("、".join(choices) + " 之一", "one of " + ", ".join(choices))
        case inspect.StructType(fields=fields):
            keys = ", ".join(field.encode_name for field in fields)
            return Wording(f"一个表，其中可以写：{keys}", f"a table with any of {keys}")
        case _:
            return _TEXT
