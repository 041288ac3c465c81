"""The charts as SVG, drawn by Altair without a browser or a network.

Colours are CSS variables of the page, so that they follow its light or dark look. Each chart has a title and a
description for readers by ear; the page shows its numbers as a table beside it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup, escape

if TYPE_CHECKING:
    import altair

_COLOURS: Final = {
    "#010101": "var(--ink)",
    "#020202": "var(--faint)",
    "#030303": "var(--accent)",
    "#040404": "var(--rule)",
    "#050505": "var(--second)",
}
"""Stand-ins that Vega takes for colours → what the page makes of them."""
_INK, _FAINT, _ACCENT, _RULE, _SECOND = _COLOURS
_FONT: Final = "system-ui, sans-serif"
_LABEL_WIDTH: Final = 120
_WIDTH: Final = 320
_DASH: Final = [6, 4]


@dataclass(frozen=True)
class Named:
    """What a chart is called: ``key`` is unique on its page, ``title`` and ``description`` are read aloud."""

    key: str
    title: str
    description: str


@dataclass(frozen=True)
class Axis:
    """The time axis of curves: its title, its last value and where it is labelled."""

    title: str
    end: float
    ticks: Sequence[float]


def curves(name: Named, lines: Sequence[Sequence[dict[str, Any]]], axis: Axis, top: float) -> Markup:
    """One or two step curves with their intervals; points: time, value, low, high."""
    import altair as alt

    layers, data = [], {}
    for number, (points, colour, dash) in enumerate(zip(lines, (_ACCENT, _SECOND), ([1, 0], _DASH), strict=False)):
        data[f"line{number}"] = [{"time": 0.0, "value": 0.0, "low": 0.0, "high": 0.0}, *points]
        base = alt.Chart(alt.NamedData(f"line{number}"), width=_WIDTH, height=170)
        x = alt.X("time:Q", title=axis.title, scale=alt.Scale(domain=[0, axis.end]), axis=alt.Axis(values=axis.ticks))
        y = alt.Y("value:Q", title=None, scale=alt.Scale(domain=[0, top]), axis=alt.Axis(format="%", tickCount=4))
        band = base.mark_area(interpolate="step-after", opacity=0.16, color=colour, clip=True)
        line = base.mark_line(interpolate="step-after", strokeWidth=2.2, color=colour, strokeDash=dash, clip=True)
        layers += [band.encode(x, alt.Y("low:Q"), alt.Y2("high:Q")), line.encode(x, y)]
    return _svg(alt.layer(*layers), name, data)


def dots(name: Named, rows: Sequence[dict[str, Any]], order: Sequence[str], top: float) -> Markup:
    """Shares with their intervals, a line each; rows: label, value, low, high."""
    import altair as alt

    base = alt.Chart(alt.NamedData("rows"), width=_WIDTH - 60, height=alt.Step(26))
    y = _labels(order)
    x = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, top]), axis=alt.Axis(format="%", tickCount=4))
    interval = base.mark_rule(strokeWidth=2.4, color=_ACCENT, opacity=0.5).encode(y, alt.X("low:Q"), alt.X2("high:Q"))
    return _svg(interval + base.mark_circle(size=75, opacity=1, color=_ACCENT).encode(y, x), name, {"rows": list(rows)})


def forest(name: Named, rows: Sequence[dict[str, Any]], order: Sequence[str]) -> Markup:
    """Ratios with their intervals on a logarithmic axis, and a line at 1; rows: label, value, low, high, doubted."""
    import altair as alt

    inside = [side for row in rows for side in (row["low"], row["high"], row["value"]) if side is not None]
    domain = [min(0.5, *inside) * 0.95, max(2.0, *inside) * 1.05]
    base = alt.Chart(alt.NamedData("rows"), width=_WIDTH - 80, height=alt.Step(28))
    y = _labels(order, 140)
    colour = alt.condition("datum.doubted", alt.value(_FAINT), alt.value(_ACCENT))
    ticks = [tick for tick in (0.1, 0.25, 0.5, 1, 2, 4, 8) if domain[0] <= tick <= domain[1]]
    scale = alt.Scale(type="log", domain=domain, nice=False)
    axis = alt.Axis(values=ticks, format="~g")
    x = alt.X("value:Q", title="ratio, logarithmic; 1: no difference", scale=scale, axis=axis)
    one = alt.Chart(alt.NamedData("limit")).mark_rule(color=_INK, strokeDash=[3, 3]).encode(x=alt.X("at:Q"))
    data: dict[str, list[dict[str, Any]]] = {"rows": list(rows), "limit": [{"at": 1}]}
    interval = base.mark_rule(strokeWidth=2.6, opacity=0.55).encode(y, alt.X("low:Q"), alt.X2("high:Q"), color=colour)
    return _svg(one + interval + base.mark_circle(size=90, opacity=1).encode(y, x, color=colour), name, data)


def balance(name: Named, rows: Sequence[dict[str, Any]], order: Sequence[str]) -> Markup:
    """Absolute standardised differences before (hollow) and after weighting (filled); rows: label, value, after."""
    import altair as alt

    most = max([0.25, *(abs(row[key]) for row in rows for key in ("value", "after") if row[key] is not None)])
    placed = [{"label": row["label"], "at": abs(row[key]), "after": key == "after"}
              for row in rows for key in ("value", "after") if row[key] is not None]  # fmt: skip
    base = alt.Chart(alt.NamedData("rows"), width=_WIDTH + 60, height=alt.Step(24))
    scale = alt.Scale(domain=[0, most * 1.05])
    x = alt.X("at:Q", title="standardised difference, absolute", scale=scale, axis=alt.Axis(tickCount=6))
    limit = alt.Chart(alt.NamedData("limit")).mark_rule(color=_INK, strokeDash=[3, 3]).encode(x=alt.X("at:Q"))
    y = _labels(order, 200)
    hollow = base.transform_filter("!datum.after").mark_point(size=70, color=_SECOND, strokeWidth=2).encode(y, x)
    filled = base.transform_filter("datum.after").mark_circle(size=75, color=_ACCENT, opacity=1).encode(y, x)
    return _svg(limit + hollow + filled, name, {"rows": placed, "limit": [{"at": 0.1}]})


def _widest(size: re.Match[str]) -> str:
    """The chart takes the width that it finds, up to somewhat more than it was drawn for."""
    return f'style="max-width:{int(size[1]) * 5 // 4}px" '


def _labels(order: Sequence[str], width: int = _LABEL_WIDTH) -> "altair.Y":
    import altair as alt

    axis = alt.Axis(minExtent=width, labelLimit=width, labelPadding=10, grid=False, domain=False, ticks=False)
    return alt.Y("label:N", sort=list(order), title=None, scale=alt.Scale(domain=list(order)), axis=axis)


def _svg(chart: "altair.LayerChart", name: Named, data: dict[str, list[dict[str, Any]]]) -> Markup:
    """Render with the named data, name the chart, and make what it refers to by name unique on the page."""
    import vl_convert

    axis = {
        "labelColor": _FAINT, "titleColor": _FAINT, "gridColor": _RULE, "domainColor": _RULE, "tickColor": _RULE,
        "titleFontWeight": "normal", "labelFont": _FONT, "titleFont": _FONT, "labelFontSize": 12.5,
        "titleFontSize": 12.5,
    }  # fmt: skip
    styled = chart.configure(background="transparent", axis=axis, aria=False).configure_view(stroke=None)
    svg = str(vl_convert.vegalite_to_svg(styled.to_dict(validate=False) | {"datasets": data}))
    for stand_in, colour in _COLOURS.items():
        svg = svg.replace(stand_in, colour)
    svg = re.sub(r' (?:role|aria-[a-z]+)="[^"]*"', "", svg)
    for number, found in enumerate(dict.fromkeys(re.findall(r'\bid="([^"]+)"', svg))):
        svg = re.sub(rf'(\bid="|url\(#){re.escape(found)}\b', rf"\g<1>{name.key}-{number}", svg)
    title, text = f"{name.key}-title", f"{name.key}-text"
    opening = f'<svg role="img" aria-labelledby="{title} {text}" '
    named = f'<title id="{title}">{escape(name.title)}</title><desc id="{text}">{escape(name.description)}</desc>'
    svg = re.sub(r'width="(\d+)" height="\d+" ', _widest, svg, count=1)
    svg = svg.replace("<svg ", opening, 1)
    return Markup(re.sub(r"(<svg [^>]*>)", lambda found: found.group(1) + named, svg, count=1))
