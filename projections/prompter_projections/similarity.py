"""How alike two versions of a cell are: by meaning, so that layout, comments and names of locals do not count."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from .syntax import LOCAL, Meaning, Statement, meaning

#: Above this many tokens only their counts are compared: the exact comparison grows with the third power, and the
#: policy shares its thread with the server.
_EXACT_LIMIT = 300

#: Above this many comparisons of tokens, statements are paired in their order instead of by likeness.
_PAIRING_LIMIT = 50_000

#: Statements less alike are no versions of one another.
_PAIRED = 0.3

#: A call, a constant, a column that took the place of another one makes two versions no more alike than this, however
#: long the cell: below the default threshold of 0.8, above that of somebody who looks for cells written anew.
_REPLACED = 0.75

#: Kernels of other languages by how their names begin. What else there is runs Python, under whatever name.
_LANGUAGES = re.compile(
    r"(?P<r>ir\b|xr\b|r\b)|(?P<julia>julia)|(?P<shell>bash|zsh|powershell)|(?P<sql>xsql|sql|postgres|sqlite)"
    r"|(?P<javascript>javascript|deno|node|tslab|typescript|java|scala|almond|kotlin|rust|go\b|gonb|xcpp|clang|csharp|fsharp)"
    r"|(?P<octave>octave|matlab|sas|stata|maxima|ruby|perl|lua|haskell|ihaskell)",
    re.IGNORECASE,
)


def language_of(kernel: str) -> str:
    """The language of a kernel, as far as it matters for comparing: ``python``, or how its comments begin."""
    found = _LANGUAGES.match(kernel)
    return found.lastgroup or "python" if found else "python"


def similarity(before: str, after: str, language: str = "python") -> float:
    """0 (nothing in common) to 1 (the same but for layout, comments, order of imports and names of locals).

    The lower one of two: the ratio of both normalised trees, 2·M/T as ``difflib.SequenceMatcher`` has it; and the
    least ratio over statements that took one another's place, so that in a cell of thirty lines another model is seen.
    Where a version is no Python, the ratio over words.
    """
    first, second = meaning(before, language), meaning(after, language)
    if not (first.statements and second.statements):
        return _ratio(_all_words(first, before), _all_words(second, after))
    second = _renamed(first, second)
    return min(_ratio(first.tokens, second.tokens), _least(first, second))


def likeness_of_form(before: str, after: str, language: str = "python") -> float:
    """0 to 1: the ratio of both normalised trees alone. Another model put in the place of one leaves cells alike."""
    first, second = meaning(before, language), meaning(after, language)
    if not (first.statements and second.statements):
        return _ratio(_all_words(first, before), _all_words(second, after))
    return _ratio(first.tokens, _renamed(first, second).tokens)


def _all_words(said: Meaning, source: str) -> tuple[str, ...]:
    return meaning(source, "").words if said.statements else said.words


def _ratio(before: Sequence[str], after: Sequence[str]) -> float:
    if list(before) == list(after):
        return 1.0
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    total = len(before) + len(after)
    # By their counts alone, tokens in another order are the same; they are not quite.
    return min(matcher.quick_ratio(), 1 - 1 / total) if total > _EXACT_LIMIT else matcher.ratio()


def _renamed(before: Meaning, after: Meaning) -> Meaning:
    """The later version with the names of the earlier one: a name that is new stands for one that went.

    Those pair whose first statements are the same but for names, then the others in their order, if as many are left.
    """
    old, new = _first_seen(before), _first_seen(after)
    gone = {name: where for name, where in old.items() if name not in new}
    fresh = {name: where for name, where in new.items() if name not in old}
    names: dict[str, str] = {}
    for name, where in fresh.items():
        same = next((other for other, place in gone.items() if place == where), None)
        if same is not None:
            names[name] = same
            del gone[same]
    left = [name for name in fresh if name not in names]
    if len(left) == len(gone):
        names |= dict(zip(left, gone, strict=True))
    if not names:
        return after
    statements = tuple(
        Statement(tuple(names.get(token, token) for token in each.tokens), each.blank, each.facts, each.is_import)
        for each in after.statements
    )
    return Meaning(statements, ())


def _first_seen(said: Meaning) -> dict[str, tuple[str, ...]]:
    """Each name that the cell binds, with the statement in which it first stands and its place there."""
    seen: dict[str, tuple[str, ...]] = {}
    for each in said.statements:
        for at, token in enumerate(each.tokens):
            if token.startswith(LOCAL) and token not in seen:
                seen[token] = (str(at), *each.blank)
    return seen


def _least(before: Meaning, after: Meaning) -> float:
    """How alike the least alike of the statements are that took one another's place."""
    kept = Counter(each.tokens for each in before.statements) & Counter(each.tokens for each in after.statements)
    gone, came = _without(before.statements, kept), _without(after.statements, kept)
    return min((_alike(one, other) for one, other in _pairs(gone, came)), default=1.0)


def _without(statements: Sequence[Statement], kept: Counter[tuple[str, ...]]) -> list[Statement]:
    """Those that stand in one version only, whatever moved. Imports bring nothing about by themselves."""
    left, kept = [], Counter(kept)
    for each in statements:
        if kept[each.tokens] > 0:
            kept[each.tokens] -= 1
        elif not each.is_import:
            left.append(each)
    return left


def _pairs(gone: list[Statement], came: list[Statement]) -> list[tuple[Statement, Statement]]:
    """Which statement took whose place."""
    work = len(came) * sum(len(each.tokens) for each in gone) + len(gone) * sum(len(each.tokens) for each in came)
    if work > _PAIRING_LIMIT or len(gone) == len(came) == 1:
        return list(zip(gone, came, strict=False))
    likeness = [
        (_overlap(Counter(one.tokens), Counter(other.tokens)), -abs(i - j), -i, -j)
        for i, one in enumerate(gone)
        for j, other in enumerate(came)
    ]
    pairs: dict[int, int] = {}
    for ratio, _, i, j in sorted(likeness, reverse=True):
        if ratio >= _PAIRED and -i not in pairs and -j not in pairs.values():
            pairs[-i] = -j
    return [(gone[i], came[j]) for i, j in pairs.items()]


def _alike(one: Statement, other: Statement) -> float:
    if one.blank == other.blank:
        return 1.0
    alike = (_overlap(Counter(one.tokens), Counter(other.tokens)) + _overlap(one.facts, other.facts)) / 2
    replaced = one.facts - other.facts and other.facts - one.facts
    return min(alike, _REPLACED) if replaced else alike


def _overlap(one: Counter[str], other: Counter[str]) -> float:
    """2·M/T over two bags."""
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 1.0
