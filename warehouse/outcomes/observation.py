"""Up to which day each person could be seen to have each outcome: steps of a study's SQL."""

from collections.abc import Iterator

from warehouse.outcomes.definitions import LEFT, Outcome
from warehouse.study.contract import Study
from warehouse.study.designs import TimeVarying
from warehouse.study.words import listed, moments, quoted, rows

NEED = ("outcome", "kind", "everywhere", "maturation_days", "exposing")
_TYPES = ("TEXT", "TEXT", "BOOLEAN", "INTEGER", "BOOLEAN")


def need(study: Study) -> str:
    """Which kinds of fact each outcome needs: from every feed that tells them, or from the index's own agency.

    The feed of the supervision is always needed, for without it a death or transfer would pass for a "no". A study
    whose exposure starts later needs the feeds that tell it: who is seen without them would pass for unexposed.
    """
    values = dict.fromkeys(
        (quoted(outcome.name), quoted(kind), str(everywhere), str(days), str(exposes))
        for outcome in study.outcomes
        for kind, everywhere, days, exposes in _needed(study, outcome)
    )
    return rows(NEED, values, _TYPES)


def exposure_source(study: Study) -> str:
    """The feeds that tell of exposure at all; only where exposure starts later."""
    if not isinstance(study.exposure, TimeVarying):
        return rows(("agency", "feed"), (), ("TEXT", "TEXT"))
    return f"SELECT DISTINCT agency, feed FROM ({moments(study.exposure.start)}) AS told"


def _needed(study: Study, outcome: Outcome) -> Iterator[tuple[str, bool, int, bool]]:
    index = study.index.kind
    for kind in outcome.everywhere:
        yield kind, True, outcome.maturation_days, False
    beside = outcome.index_agency or (("supervision",) if set(outcome.competing) & set(LEFT) else ())
    for kind in dict.fromkeys((*beside, *((index,) if index in ("supervision", "study") else ()))):
        yield (
            kind,
            index not in ("supervision", kind),
            0 if kind in ("supervision", index) else outcome.maturation_days,
            False,
        )
    if isinstance(study.exposure, TimeVarying):
        yield study.exposure.start.kind, True, 0, True


def followed(study: Study) -> str:
    """``followed_until``, exclusive, by outcome and place (index date, agency, feed).

    The earliest "complete up to, minus lag" over all sources that the outcome needs; null where one of them does not
    cover the index or does not exist.
    """
    index = quoted(study.index.kind)
    return f"""
    WITH place AS (
        SELECT DISTINCT index_date, index_agency, index_feed FROM cohort
    ), source AS (
        SELECT DISTINCT i.agency, i.feed, i.kind, x.feed IS NOT NULL AS exposing
        FROM island AS i LEFT JOIN exposure_source AS x ON x.agency = i.agency AND x.feed = i.feed{_agencies(study)}
    ), wanted AS (
        SELECT n.outcome, p.index_date, p.index_agency, p.index_feed, n.kind, n.maturation_days, s.agency, s.feed
        FROM place AS p CROSS JOIN need AS n
        LEFT JOIN source AS s ON s.kind = n.kind AND (s.exposing OR NOT n.exposing) AND (
            n.everywhere OR (s.agency = p.index_agency AND (n.kind <> {index} OR s.feed = p.index_feed)))
    ), reach AS (
        SELECT w.outcome, w.index_date, w.index_agency, w.index_feed,
               greatest(w.maturation_days, i.lag_days) AS lag_days,
               i.covered_until - greatest(w.maturation_days, i.lag_days) AS reached_until
        FROM wanted AS w
        LEFT JOIN island AS i ON i.kind = w.kind AND i.agency = w.agency AND i.feed = w.feed
            AND w.index_date >= i.covered_from AND w.index_date < i.covered_until
    )
    SELECT outcome, index_date, index_agency, index_feed, max(lag_days) AS lag_days,
           CASE WHEN count(reached_until) = count(*) THEN min(reached_until) END AS followed_until
    FROM reach GROUP BY outcome, index_date, index_agency, index_feed
    """


def _agencies(study: Study) -> str:
    """Only the agencies that an outcome names, where it names them."""
    named = {outcome.moment.kind: outcome.moment.agencies for outcome in study.outcomes if outcome.moment}
    some = [f"(i.kind <> {quoted(kind)} OR i.agency IN {listed(told)})" for kind, told in named.items() if told]
    return f" WHERE {' AND '.join(some)}" if some else ""


ELSEWHERE = """
WITH other AS (
    SELECT c.participant_key, s.agency, s.feed, greatest(s.start_date, c.index_date) AS from_date, s.end_date
    FROM span AS s JOIN cohort AS c ON c.participant_key = s.participant_key
    WHERE s.kind = 'supervision' AND (s.agency <> c.index_agency OR s.feed <> c.index_feed)
        AND (s.end_date IS NULL OR s.end_date > c.index_date)
), source AS (
    SELECT DISTINCT agency, feed, kind FROM island
), wanted AS (
    SELECT o.participant_key, o.from_date, o.end_date, n.outcome, n.kind, n.maturation_days, s.agency, s.feed
    FROM other AS o JOIN need AS n ON NOT n.everywhere
    LEFT JOIN source AS s ON s.kind = n.kind AND s.agency = o.agency AND (n.kind <> 'supervision' OR s.feed = o.feed)
), reach AS (
    SELECT w.outcome, w.participant_key, w.from_date, w.end_date,
           i.covered_until - greatest(w.maturation_days, i.lag_days) AS reached_until
    FROM wanted AS w
    LEFT JOIN island AS i ON i.kind = w.kind AND i.agency = w.agency AND i.feed = w.feed
        AND w.from_date >= i.covered_from AND w.from_date < i.covered_until
)
SELECT outcome, participant_key, min(greatest(from_date, coalesce(reached_until, from_date))) AS seen_until
FROM reach WHERE reached_until IS NULL OR end_date IS NULL OR reached_until < end_date
GROUP BY outcome, participant_key
"""


def elsewhere(study: Study) -> str:
    """The day up to which another supervision's sources tell what those of the index would; no row where they do."""
    columns, types = ("outcome", "participant_key", "seen_until"), ("TEXT", "TEXT", "DATE")
    return ELSEWHERE if study.index.kind == "supervision" else rows(columns, (), types)


def follow_up_end(study: Study) -> str:
    """Where a research follow-up ends: of the span that holds the index."""
    if study.until is None:
        return rows(("participant_key", "until_date"), (), ("TEXT", "DATE"))
    return f"""
    SELECT c.participant_key, min(s.end_date) AS until_date
    FROM cohort AS c JOIN span AS s ON s.participant_key = c.participant_key
    WHERE s.kind = {quoted(study.until)} AND s.agency = c.index_agency
        AND s.start_date <= c.index_date AND s.end_date > c.index_date
    GROUP BY c.participant_key
    """
