"""Episodes: the spans of one kind of a participant, resolved across extracts and agencies.

A span is what one agency's record says. An **episode** is how long the thing itself lasted, whoever told it: the union
of the spans of a kind, cut where nobody told of any. Sources: interval union; the terms are those of the project's
standards ("Spans are start-inclusive, end-exclusive").
"""

from collections.abc import Mapping
from typing import Final

from schemas.codes import SPAN_KINDS

BRIDGED_DAYS: Final[Mapping[str, int]] = dict.fromkeys(SPAN_KINDS, 0)
"""Kind → the longest gap, in days, that is taken for an artefact of recording and bridged. None is, unless stated:
a gap is time that nobody claims, and bridging it would make exposure out of nothing."""

HOW: Final[Mapping[str, str]] = {
    "reopened": "the same record of an agency was there before, ended, and started again: the gap is kept",
    "nested": "a span lies wholly inside the others, or repeats them",
    "overlap": "a span starts before the others end, and ends after them",
    "touching": "a span starts on the day on which the others end",
    "bridged": "a span starts after the others end, within the days that its kind bridges",
}
"""How the spans of an episode came together; an episode that one span tells has none of them."""

EPISODE: Final[Mapping[str, str]] = {
    "participant_key": "The participant",
    "kind": "Kind of the spans, see schemas/codes.py",
    "programme": "Kind of programme of an enrolment: those of different kinds are episodes of their own",
    "start_date": "The first day",
    "end_date": "The first day after; empty while open",
    "open": "Whether some span of it has no end yet",
    "spans": "Number of spans that tell it",
    "agencies": "The agencies that tell it",
    "how": "How the spans came together, separated by blanks; empty where one span tells it",
}

_FOREVER: Final = "DATE '9999-12-31'"
_WITHIN: Final = "PARTITION BY participant_key, kind, programme"
_ORDER: Final = "ORDER BY start_date, until DESC, agency, record_id, extract_id, row_number"


def episode_query() -> str:
    """The query of the view ``episode`` over ``span``, in DuckDB's dialect; columns as `EPISODE`.

    Spans without a participant and spans that end before they start belong to none; the latter are flagged.
    """
    bridges = ", ".join(f"('{kind}', {days})" for kind, days in BRIDGED_DAYS.items())
    how = "\n".join(f"           WHEN {condition} THEN '{name}'" for name, condition in _JOINING.items())
    joined = ", ".join(f"CASE WHEN bool_or(how = '{name}') THEN '{name}' END" for name in HOW)
    return _QUERY.format(bridges=bridges, how=how, joined=joined)


_JOINING: Final[Mapping[str, str]] = {
    "nested": "until <= reach",
    "overlap": "start_date < reach",
    "touching": "start_date = reach",
    "bridged": "start_date <= reach + bridge",
    "reopened": "record_id IS NOT NULL AND again",
}
_QUERY: Final = f"""
WITH stated AS (
    SELECT participant_key, span.kind, CASE WHEN span.kind = 'enrolment' THEN code END AS programme, start_date,
           coalesce(end_date, {_FOREVER}) AS until, agency, feed, record_id, extract_id, row_number, rule.bridge
    FROM span JOIN (VALUES {{bridges}}) AS rule (kind, bridge) ON rule.kind = span.kind
    WHERE participant_key IS NOT NULL AND (end_date IS NULL OR end_date >= start_date)
), reached AS (
    SELECT *, max(until) OVER ({_WITHIN} {_ORDER} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach,
           row_number() OVER ({_WITHIN}, agency, feed, record_id {_ORDER}) > 1 AS again
    FROM stated
), joined AS (
    SELECT *, CASE
{{how}} END AS how FROM reached
), numbered AS (
    SELECT *, count(*) FILTER (coalesce(how, 'reopened') = 'reopened')
                  OVER ({_WITHIN} {_ORDER} ROWS UNBOUNDED PRECEDING) AS number
    FROM joined
)
SELECT participant_key, kind, programme, min(start_date) AS start_date,
       nullif(max(until), {_FOREVER}) AS end_date, max(until) = {_FOREVER} AS open,
       count(*)::INTEGER AS spans, list_sort(list(DISTINCT agency)) AS agencies,
       concat_ws(' ', {{joined}}) AS how
FROM numbered GROUP BY participant_key, kind, programme, number
"""
