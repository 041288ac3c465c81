"""The figures as SVG; colours are CSS variables of the page, so that they follow its light or dark look."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    import altair

_COLOURS: Final = {
    "#010101": "var(--ink)",
    "#020202": "var(--faint)",
    "#030303": "var(--accent)",
    "#040404": "var(--rule)",
}
"""Stand-ins that Vega takes for colours → what the page makes of them."""
_INK, _FAINT, _ACCENT, _RULE = _COLOURS
_FONT: Final = "system-ui, sans-serif"
_MONTH_DAYS: Final = 30.44
_LABEL_WIDTH: Final = 110


def curves(points: pl.DataFrame, titles: Mapping[str, str]) -> str:
    """Small multiples of cumulative incidence with its interval; ``points``: outcome, day, incidence, low, high."""
    import altair as alt

    months = points.with_columns((pl.col("day") / _MONTH_DAYS).clip(upper_bound=24).alias("months"))
    top = max(0.1, float(months["high"].max() or 0) * 1.05)  # type: ignore[arg-type]
    panels = [_panel(months.filter(outcome=name), title, top) for name, title in titles.items()]
    return _svg(alt.concat(*panels, columns=2, spacing=28))


def dots(rates: pl.DataFrame, titles: Mapping[str, str], order: list[str]) -> str:
    """Rates with their intervals by stratum, a panel an outcome; ``rates``: outcome, stratum, rate, low, high."""
    import altair as alt

    top = max(0.1, float(rates["high"].max() or 0) * 1.05)  # type: ignore[arg-type]
    panels = [_dot_panel(rates.filter(outcome=name), title, order, top) for name, title in titles.items()]
    return _svg(alt.concat(*panels, columns=2, spacing=28))


def _panel(points: pl.DataFrame, title: str, top: float) -> "altair.LayerChart":
    import altair as alt

    start = pl.DataFrame({"months": [0.0], "incidence": [0.0], "low": [0.0], "high": [0.0]})
    rows = pl.concat([start, points.select(start.columns)]).to_dicts()
    base = alt.Chart(alt.Data(values=rows), title=title, width=300, height=170)
    x = alt.X("months:Q", title="months since supervision start", scale=alt.Scale(domain=[0, 24]),
              axis=alt.Axis(values=[0, 6, 12, 18, 24]))  # fmt: skip
    y = alt.Y("incidence:Q", title=None, scale=alt.Scale(domain=[0, top]), axis=alt.Axis(format="%", tickCount=4))
    band = base.mark_area(interpolate="step-after", opacity=0.18, color=_ACCENT).encode(
        x, alt.Y("low:Q"), alt.Y2("high:Q")
    )
    line = base.mark_line(interpolate="step-after", strokeWidth=2, color=_ACCENT).encode(x, y)
    return band + line


def _dot_panel(rates: pl.DataFrame, title: str, order: list[str], top: float) -> "altair.LayerChart":
    import altair as alt

    base = alt.Chart(alt.Data(values=rates.to_dicts()), title=title, width=300, height=alt.Step(24))
    axis = alt.Axis(minExtent=_LABEL_WIDTH, labelLimit=_LABEL_WIDTH)
    y = alt.Y("stratum:N", sort=order, title=None, scale=alt.Scale(domain=order), axis=axis)
    x = alt.X("rate:Q", title=None, scale=alt.Scale(domain=[0, top]), axis=alt.Axis(format="%", tickCount=4))
    interval = base.mark_rule(strokeWidth=2, color=_ACCENT, opacity=0.45).encode(y, alt.X("low:Q"), alt.X2("high:Q"))
    return interval + base.mark_circle(size=70, opacity=1, color=_ACCENT).encode(y, x)


def _svg(chart: "altair.ConcatChart") -> str:
    """Render without a browser or a network."""
    import vl_convert

    axis = {
        "labelColor": _FAINT, "titleColor": _FAINT, "gridColor": _RULE, "domainColor": _RULE, "tickColor": _RULE,
        "titleFontWeight": "normal", "labelFont": _FONT, "titleFont": _FONT, "labelFontSize": 12, "titleFontSize": 12,
    }  # fmt: skip
    title = {"color": _INK, "font": _FONT, "fontSize": 13, "anchor": "start", "fontWeight": 600, "offset": 8}
    styled = chart.configure(background="transparent", axis=axis, title=title).configure_view(stroke=None)
    svg = str(vl_convert.vegalite_to_svg(styled.to_json()))
    for stand_in, colour in _COLOURS.items():
        svg = svg.replace(stand_in, colour)
    return svg
