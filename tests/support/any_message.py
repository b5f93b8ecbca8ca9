"""Hypothesis strategies: any strict json, and any instance of a struct, made from what its annotations allow."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from hypothesis import strategies as st
from msgspec import UNSET, inspect

from shared.limits import MAX_JSON_DEPTH, MAX_SAFE_INTEGER

if TYPE_CHECKING:
    import msgspec

_HEX: Final = re.compile(r"\\A\[0-9a-f\]\{([0-9]+)\}\\Z")
NAMES = st.from_regex(r"\A[a-z_][a-z0-9_]{0,8}\Z")
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(CHARACTERS, max_size=20)
_AWKWARD: Final = 'aZ 0中𠮷é"\\/\n\x1f\x7f\u2028[{'
INTEGERS = st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def measure_depth(value: object) -> int:
    """Return how deep lists and objects lie in each other."""
    if isinstance(value, dict):
        return 1 + max(map(measure_depth, value.values()), default=0)
    return 1 + max(map(measure_depth, value), default=0) if isinstance(value, list) else 0


def objects(*, within: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """Return objects that have a strict spelling ``within`` so many others."""
    shallow = VALUES.filter(lambda value: measure_depth(value) < MAX_JSON_DEPTH - within)
    return st.dictionaries(NAMES, shallow, max_size=4)


@cache
def messages_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Return instances of a struct; version fields keep their default."""
    made_of = inspect.type_info(kind)
    assert isinstance(made_of, inspect.StructType)
    fields = {
        field.name: _values_of(field.type) if field.default is not UNSET else st.just(UNSET) | _values_of(field.type)
        for field in made_of.fields
    }
    return st.builds(kind, **fields)


def hex_digits(count: int) -> st.SearchStrategy[str]:
    """Return so many lower-case hexadecimal digits; much faster to draw than by their pattern."""
    return st.integers(0, 16**count - 1).map(lambda number: f"{number:0{count}x}")


def _texts_of(kind: inspect.StrType) -> st.SearchStrategy[str]:
    if kind.pattern is None:
        return st.text(_AWKWARD, min_size=kind.min_length or 0, max_size=min(kind.max_length or 20, 20))
    hexadecimal = _HEX.fullmatch(kind.pattern)
    return st.from_regex(kind.pattern) if hexadecimal is None else hex_digits(int(hexadecimal[1]))


def _values_of(kind: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one a kind
    match kind:
        case inspect.StrType():
            return _texts_of(kind)
        case inspect.IntType(ge=lowest, le=highest):
            return st.integers(lowest, highest)
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.ListType(item_type=item, min_length=shortest):
            return st.lists(_values_of(item), min_size=shortest or 0, max_size=3)
        case inspect.DictType(value_type=inspect.AnyType()):
            return objects(within=1)
        case inspect.DictType(value_type=value):
            return st.dictionaries(NAMES, _values_of(value), max_size=3)
        case inspect.UnionType(types=kinds):
            return st.one_of(*map(_values_of, kinds))
        case inspect.StructType(cls=struct):
            return messages_of(struct)
    assert isinstance(kind, inspect.NoneType), kind
    return st.none()
