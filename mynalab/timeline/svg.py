"""A timeline as SVG: the same timeline gives the same bytes. It follows the reader's choice of light or dark.

What a colour says is said in words or by a pattern as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from jpki.registry.records import Medium
from jpki.validity import JST
from mynalab.timeline.model import Condition, Lane, Span, Timeline
from mynalab.timeline.scale import Scale
from mynalab.timeline.text import condition_word, lane_name, moment_text, say, width

_MARGIN: Final = 20
_LEFT: Final = 210
_TOP: Final = 118
_LANE: Final = 92
# row → its place in a lane, its height
_ROWS: Final = {"truth": (0, 26), "ocsp": (32, 15), "crl": (51, 15)}
_LEGEND_ROW: Final = 26
_LIST_ROW: Final = 20
_STRONG: Final = frozenset({"valid", "good", "held", "revoked"})
_CHARACTER: Final = 6.2
"""Of a column of 11px sans-serif, generously."""
_LEGEND: Final = (Condition.VALID, Condition.HELD, Condition.REVOKED)
_LIGHT: Final = {
    "paper": "#ffffff",
    "ink": "#1b1f24",
    "soft": "#59636e",
    "line": "#d1d9e0",
    "valid": "#1f883d",
    "held": "#9a6700",
    "revoked": "#cf222e",
    "none": "#eaeef2",
}
_DARK: Final = {
    "paper": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#9198a1",
    "line": "#3d444d",
    "valid": "#238636",
    "held": "#9e6a03",
    "revoked": "#da3633",
    "none": "#21262d",
}


def _rules(colours: Mapping[str, str]) -> str:
    """Plain rules without variables: some programs that show SVG know no others."""
    paper, ink, soft, line = (colours[name] for name in ("paper", "ink", "soft", "line"))
    return (
        f".paper,.dotted{{fill:{paper}}}text,.dot{{fill:{ink}}}.s,.q{{fill:{soft}}}.b{{fill:#fff}}.dotted{{fill:{paper}}}"
        f".line{{stroke:{line};fill:none}}.now{{stroke:{ink};stroke-dasharray:4 3;fill:none}}"
        f".pending,.expired,.unknown,.unlisted{{fill:{colours['none']};stroke:{line}}}"
        f".valid,.good{{fill:{colours['valid']}}}.held{{fill:{colours['held']}}}.revoked{{fill:{colours['revoked']}}}"
    )


_STYLE: Final = (
    'text{font:11px system-ui,"Noto Sans","Noto Sans CJK JP",sans-serif}.h{font-size:16px;font-weight:600}'
    ".n{font-size:13px;font-weight:600}.m{text-anchor:middle}.e{text-anchor:end}.later{opacity:.45}"
    f".hatch{{stroke:#fff;stroke-width:2;opacity:.3}}{_rules(_LIGHT)}"
    f"@media(prefers-color-scheme:dark){{{_rules(_DARK)}}}"
)
_HATCH: Final = (
    '<defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="hatch" x1="0" y1="0" x2="0" y2="8"/></pattern></defs>'
)


def svg(timeline: Timeline, *, language: str) -> str:
    """The picture."""
    scale = Scale(_moments(timeline), left=_LEFT)
    operations = _operations(timeline)
    lanes_end = _TOP + _LANE * len(timeline.lanes)
    list_top = lanes_end + 2 * _LEGEND_ROW
    height = list_top + _LIST_ROW * len(operations) + _MARGIN
    title = say("title", language).format(subject=timeline.subject, now=moment_text(timeline.now))
    texts = [text for _, _, text in _numbered(timeline, language)]
    needed = _LEFT + round(_CHARACTER * max(map(width, [title, *texts]), default=0))
    right = max(scale.right + 60, needed, 760)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right} {height}" width="{right}" height="{height}">',
        f"<title>{escape(title)}</title>",
        f"<style>{_STYLE}</style>",
        _HATCH,
        f'<rect class="paper" width="{right}" height="{height}"/>',
        _text(_MARGIN, 32, title, "h"),
        *_axis(timeline, scale, lanes_end, language),
        *_markers(timeline, scale),
    ]
    for number, lane in enumerate(timeline.lanes):
        parts += _lane(lane, timeline, scale, top=_TOP + number * _LANE, right=right, language=language)
    parts += _legend(lanes_end + _LEGEND_ROW, language)
    for row, (mark, moment, text) in enumerate(_numbered(timeline, language)):
        y = list_top + 12 + row * _LIST_ROW
        parts += [_text(_MARGIN + 14, y, str(mark), "e"), _text(_MARGIN + 24, y, moment, "s")]
        parts.append(_text(_MARGIN + 130, y, text, ""))
    return "\n".join([*parts, "</svg>", ""])


def _moments(timeline: Timeline) -> Iterator[datetime]:
    yield from (timeline.begin, timeline.now, timeline.end)
    yield from (happening.at for happening in timeline.happenings)
    for lane in timeline.lanes:
        for span in (*lane.truth, *lane.ocsp, *lane.crl):
            yield from (span.begin, span.end)


def _operations(timeline: Timeline) -> list[int]:
    """Which happenings are told below the picture: the operations, or everything where there is none."""
    chosen = [number for number, each in enumerate(timeline.happenings) if each.is_operation]
    return chosen or list(range(len(timeline.happenings)))


def _numbered(timeline: Timeline, language: str) -> Iterator[tuple[int, str, str]]:
    for mark, number in enumerate(_operations(timeline), start=1):
        happening = timeline.happenings[number]
        yield mark, moment_text(happening.at), happening.ja if language == "ja" else happening.en


def _axis(timeline: Timeline, scale: Scale, bottom: int, language: str) -> Iterator[str]:
    for moment in scale.moments:
        x, here = scale.place(moment), moment.astimezone(JST)
        yield f'<line class="line" x1="{x}" y1="{_TOP - 14}" x2="{x}" y2="{bottom}"/>'
        yield _text(x, _TOP - 34, f"{here:%Y-%m-%d}", "m s")
        yield _text(x, _TOP - 20, f"{here:%H:%M}", "m s")
    x = scale.place(timeline.now)
    yield f'<line class="now" x1="{x}" y1="{_TOP - 14}" x2="{x}" y2="{bottom + 4}"/>'
    yield _text(x, bottom + 15, say("now", language), "m n")


def _markers(timeline: Timeline, scale: Scale) -> Iterator[str]:
    """A numbered dot above the axis for what is told below; those of one moment stand above each other."""
    by_place: dict[int, list[int]] = {}
    for mark, number in enumerate(_operations(timeline), start=1):
        by_place.setdefault(scale.place(timeline.happenings[number].at), []).append(mark)
    for x, marks in by_place.items():
        label = str(marks[0]) if len(marks) == 1 else f"{marks[0]}–{marks[-1]}"
        half = 9 if len(marks) == 1 else 17
        yield f'<rect class="dot" x="{x - half}" y="{_TOP - 65}" width="{2 * half}" height="18" rx="9"/>'
        yield _text(x, _TOP - 52, label, "m dotted")


def _lane(lane: Lane, timeline: Timeline, scale: Scale, *, top: int, right: int, language: str) -> Iterator[str]:
    yield f'<line class="line" x1="{_MARGIN}" y1="{top - 9}" x2="{right - _MARGIN}" y2="{top - 9}"/>'
    yield _text(_MARGIN, top + 17, lane_name(lane, language), "n")
    medium = {Medium.CARD: ("card", "カード"), Medium.PHONE: ("smartphone", "スマートフォン")}[lane.medium]
    yield _text(_MARGIN, top + 34, f"{medium[language == 'ja']} {lane.card}", "s")
    for name, row in (("truth", lane.truth), ("ocsp", lane.ocsp), ("crl", lane.crl)):
        offset, height = _ROWS[name]
        y = top + offset
        if name != "truth":
            yield _text(_LEFT - 8, y + 12, name.upper(), "e s")
        for span in _cut(row, timeline):
            yield from _bar(span, timeline, scale, y=y, height=height, language=language)


def _cut(row: Iterable[Span], timeline: Timeline) -> Iterator[Span]:
    """Spans that end at now or begin there: what is, and what will be."""
    for span in row:
        if span.begin < timeline.now < span.end:
            yield Span(begin=span.begin, end=timeline.now, condition=span.condition, reason=span.reason)
            yield Span(begin=timeline.now, end=span.end, condition=span.condition, reason=span.reason)
        else:
            yield span


def _bar(span: Span, timeline: Timeline, scale: Scale, *, y: int, height: int, language: str) -> Iterator[str]:
    x, wide = scale.place(span.begin), scale.place(span.end) - scale.place(span.begin)
    if wide == 0:
        return
    later = " later" if span.begin >= timeline.now and timeline.now < timeline.end else ""
    name = span.condition.value
    yield f'<rect class="{name}{later}" x="{x}" y="{y}" width="{wide}" height="{height}" rx="3"/>'
    if span.condition is Condition.HELD:
        yield f'<rect fill="url(#hatch)" x="{x}" y="{y}" width="{wide}" height="{height}" rx="3"/>'
    full = condition_word(span.condition, language)
    reason = span.reason.rfc_name if span.reason is not None and span.condition is Condition.REVOKED else ""
    for words in ([f"{full} ({reason})"] if reason else []) + [full]:
        if width(words) * _CHARACTER + 8 <= wide:
            style = "b" if name in _STRONG and not later else "q"
            yield _text(x + wide // 2, y + height // 2 + 4, words, f"m {style}")
            return


def _legend(y: int, language: str) -> Iterator[str]:
    x = _LEFT
    for condition in _LEGEND:
        word = condition_word(condition, language)
        yield f'<rect class="{condition.value}" x="{x}" y="{y - 6}" width="22" height="12" rx="3"/>'
        if condition is Condition.HELD:
            yield f'<rect fill="url(#hatch)" x="{x}" y="{y - 6}" width="22" height="12" rx="3"/>'
        yield _text(x + 28, y + 4, word, "s")
        x += 52 + round(_CHARACTER * width(word))
    yield _text(x, y + 4, f"{say('later', language)}; {say('scale', language)}", "s")


def _text(x: int, y: int, words: str, style: str) -> str:
    classes = f' class="{style}"' if style else ""
    return f'<text x="{x}" y="{y}"{classes}>{escape(words)}</text>'
