"""The session cut into chapters: where each begins and ends, why, and what it is called."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from ..lineage import RunNode
from .chapters import LONG_PAUSE_US, Act, Border, Break, borders
from .material import Material, Moment
from .model import Parts
from .prose import headings
from .steps import cells_words
from .words import capitalized, code, counted, first_lines, listed, took

TITLE_COLUMNS = 60


class Cut(msgspec.Struct, frozen=True):
    """One chapter's place in the session. Times in µs since the epoch."""

    number: int
    title: Parts
    why: Parts
    begin: Moment
    """With this moment it begins; the first one holds what came before, too."""
    until: int
    """When its work ended: before a pause, say."""
    positions: tuple[int, ...]
    """Of its first and its last act."""


def cuts(material: Material) -> list[Cut]:
    """The chapters in order; at least one."""
    acts = list(_acts(material))
    breaks = list(_breaks(material))
    found = borders(acts, breaks)
    session = material.timeline.session
    if not found:
        whole = (session.first, session.last)
        why = ("Nothing was run or written.",)
        return [Cut(1, ("The session",), why, (session.begin, 0), session.end, whole)]
    begins = [(session.begin, 0), *(_begin(acts, border, material) for border in found[1:])]
    # Times of a page never decrease, but a heading may have been changed before what the chapter before did last.
    for index in range(1, len(begins)):
        begins[index] = max(begins[index], begins[index - 1])
    made = []
    for index, border in enumerate(found):
        last = index + 1 == len(found)
        until = session.end if last else begins[index + 1][0]
        end = len(acts) if last else found[index + 1].index
        chapter = acts[border.index : end]
        pauses = () if last else found[index + 1].breaks
        worked = min([until, *(each.begin for each in pauses if each.begin >= chapter[-1].at)])
        made.append(
            Cut(
                number=index + 1,
                title=_title(border, chapter, material),
                why=(*_begins(border), "; ", *_ends(None if last else found[index + 1])),
                begin=begins[index],
                until=worked,
                positions=(session.first if not index else chapter[0].position, chapter[-1].position),
            )
        )
    return made


def chapter_of(begins: Sequence[Moment], moment: Moment) -> int:
    """The index of the chapter in which a moment lies."""
    return max(0, bisect_right(begins, moment) - 1)


def _acts(material: Material) -> Iterator[Act]:
    section = ""
    before: Moment = (0, 0)
    sources: dict[str, str] = {}
    for moment in sorted(_moments(material), key=lambda each: (each[0], each[1])):
        at, position, cell_id, run = moment
        known = material.sections.get(cell_id)
        lane = material.lanes.get(cell_id)
        # A removed cell stood where its neighbours in time stand.
        if known is not None or (lane is not None and lane.number is not None):
            section = known.text if known is not None else ""
        began = material.first_edit(cell_id, before, (at, position))
        again = run is not None and sources.get(cell_id) == run.source
        if run is not None:
            sources[cell_id] = run.source
        yield Act(
            at=at,
            began=(at, position) if began is None else began,
            position=position,
            cell_id=cell_id,
            section=section,
            names=frozenset((*run.reads, *run.binds, *run.changes)) if run is not None else frozenset(),
            again=again,
        )
        before = (at, position)


def _moments(material: Material) -> Iterator[tuple[int, int, str, RunNode | None]]:
    for run in material.lineage.runs:
        yield run.scheduled_at, run.scheduled_position, run.cell_id, run
    for cell_id in dict.fromkeys(each.cell_id for each in material.prose if each.at is not None):
        last = material.lanes[cell_id].edits[-1]
        yield last.at, last.position, cell_id, None


def _breaks(material: Material) -> Iterator[Break]:
    marks = material.timeline.strip
    for gap in material.timeline.quiet:
        paused = [mark for mark in marks if mark.kind == "paused" and mark.begin <= gap.end and mark.end >= gap.begin]
        positions = tuple(mark.position for mark in paused)
        yield Break(gap.begin, gap.end, "paused" if gap.paused else "pause", positions)
    for mark in marks:
        if mark.kind == "restart":
            yield Break(mark.begin, mark.end, "restart", (mark.position,))
        elif mark.kind == "died":
            yield Break(mark.begin, mark.end, "died", (mark.position,))


def _begin(acts: Sequence[Act], border: Border, material: Material) -> Moment:
    """When the work of a chapter began: with the first edit after the act before and after what broke the work off."""
    act, before = acts[border.index], acts[border.index - 1]
    began = act.began
    section = material.sections.get(act.cell_id)
    if border.kind == "section" and section is not None:
        heading = material.first_edit(section.cell_id, (before.at, before.position), (act.at, act.position))
        began = began if heading is None else min(began, heading)
    if border.kind == "restart":
        restarts = [(each.begin, each.positions[0]) for each in border.breaks if each.kind in {"restart", "died"}]
        return min(restarts, default=began)
    over = [each.end for each in border.breaks if each.kind in {"pause", "paused"}]
    return max([began, *((end, 0) for end in over)])


def _title(border: Border, acts: Sequence[Act], material: Material) -> Parts:
    name = code(border.section, TITLE_COLUMNS).text if border.section else ""
    more = f" and {counted(border.merged, 'part')} more" if border.merged else ""
    match border.kind:
        case "restart":
            return ("After the restart", more)
        case "back" if name:
            return (f"Back to {name}", more)
        case "pause" if name:
            return (f"{name}, continued", more)
        case _ if name:
            return (name, more)
    return (*_by_code(acts, material), more)


def _by_code(acts: Sequence[Act], material: Material) -> Parts:
    """What a chapter without a heading turned to."""
    wanted = {act.position for act in acts}
    runs = [run for run in material.lineage.runs if run.scheduled_position in wanted]
    kinds = Counter(model.kind for run in runs for model in run.estimators if model.fitted)
    files = list(dict.fromkeys(path for run in runs for path in run.files_read))
    if kinds:
        return ("Models: ", *listed([code(kind, 36) for kind in sorted(kinds, key=lambda k: (-kinds[k], k))], 2))
    if files:
        return ("Data: ", *listed([code(path, 36) for path in files], 2))
    names = Counter(name for run in runs for name in (*run.binds, *run.changes))
    chosen = sorted(names, key=lambda each: (-names[each], each))
    if chosen:
        return ("Work on ", *listed([code(name, 24) for name in chosen[:3]]))
    if runs:
        return capitalized(cells_words(material, [run.cell_id for run in runs]))
    lane = material.lanes.get(acts[0].cell_id)
    first = headings(lane.source) if lane is not None else []
    return (code(first[0].text, TITLE_COLUMNS).text,) if first else (_first_words(lane.source if lane else ""),)


def _first_words(source: str) -> str:
    return code(first_lines(source), TITLE_COLUMNS).text or "Words"


def _begins(border: Border) -> Parts:
    pause = _pause(border.breaks)
    heading = f"“{code(border.section, TITLE_COLUMNS).text}”"
    match border.kind:
        case "beginning":
            return ("Begins with the session",)
        case "section":
            return (f"Begins at the heading {heading}", f", after {pause}" if pause else "")
        case "restart":
            died = any(each.kind == "died" for each in border.breaks)
            what = "died" if died else "was restarted"
            return (f"Begins when the kernel {what}", f", after {pause}" if pause else "")
        case "pause":
            return (f"Begins after {pause}",)
        case "back":
            return (f"Begins where work went on under {heading}",)
        case "shift":
            return ("Begins where the code turns to other names (inferred from the code)",)


def _ends(following: Border | None) -> Parts:
    if following is None:
        return ("ends with the session.",)
    pause = _pause(following.breaks)
    match following.kind:
        case "restart":
            return ("ends before the kernel's restart.",)
        case _ if pause:
            return (f"ends before {pause}.",)
        case "section":
            return ("ends at the next heading.",)
        case "back":
            return ("ends where work went back to an earlier part.",)
    return ("ends where the code turns to other names.",)


def _pause(breaks: Sequence[Break]) -> str:
    """The longest time without work among them."""
    pauses = [each for each in breaks if each.kind in {"pause", "paused"}]
    if not pauses:
        return ""
    longest = max(pauses, key=lambda each: each.end - each.begin)
    length = took(longest.end - longest.begin)
    if longest.kind == "paused":
        return f"a pause of the recording of {length}"
    return f"a {'long ' if longest.end - longest.begin >= LONG_PAUSE_US else ''}pause of {length}"
