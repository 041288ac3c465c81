"""Contracts in words, for the people who read sheets and dictionaries."""

from collections.abc import Iterable
from typing import Final

from schemas.columns import Code, Column, ColumnType, Date, Decimal, Drop, Identify, Integer, Keep, Key, Text, Use
from schemas.contract import Feed
from schemas.formats import Delimited, Excel, FixedWidth, Footer, Format, Gzip, JsonLines, Parquet, Zip
from schemas.terms import (
    Accepted,
    AsOf,
    Deleted,
    Delta,
    Drift,
    Expectation,
    FileDate,
    Filled,
    Fixed,
    Fresh,
    Full,
    InScale,
    Known,
    LatestOf,
    ManifestRule,
    Ordered,
    Otherwise,
    Refers,
    RowRule,
    Rows,
    Sequence,
    Unique,
)  # fmt: skip

_DATE_FIELDS: Final = {
    "%Y": "YYYY", "%y": "YY", "%m": "MM", "%d": "DD", "%b": "Mon", "%B": "Month", "%H": "hh", "%I": "hh", "%M": "mm",
    "%S": "ss", "%p": "AM/PM", "%-m": "M", "%-d": "D", "%e": "D",
}  # fmt: skip
_COARSE: Final = {"birth_year": "as the birth year", "year": "as the year", "month": "as the month", "zip3": "as ZIP3"}
_SEPARATORS: Final = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "vertical bar"}


def type_in_words(type: ColumnType) -> str:
    """What may stand in a cell."""
    match type:
        case Text(max_length=length, pattern=pattern):
            return f"text of at most {length} characters" + (f", of the form `{pattern}`" if pattern else "")
        case Integer(low=low, high=high):
            return "whole number" + _range(low, high)
        case Decimal(low=low, high=high):
            return "number with `.` as decimal mark" + _range(low, high)
        case Date(formats=formats, open_end=open_end):
            written = " or ".join(f"`{date_in_words(format)}`" for format in formats)
            return f"date as {written}" + (f"; {_listed(open_end)} where it has not ended" if open_end else "")
        case Code(codes=codes):
            return "one of " + _listed(codes)


def date_in_words(format: str) -> str:
    """A strptime format as people write it: ``%m/%d/%Y`` → MM/DD/YYYY."""
    for field in sorted(_DATE_FIELDS, key=len, reverse=True):
        format = format.replace(field, _DATE_FIELDS[field])
    return format


def use_in_words(use: Use) -> str:
    """What becomes of a cell."""
    match use:
        case Keep(as_=coarse):
            return f"kept {_COARSE[coarse]} only" if coarse else "kept"
        case Identify(field=field) as identify:
            vouched = [word for word in ("verified", "unique") if getattr(identify, word)]
            named = ", ".join([field.replace("_", " "), *vouched])
            return f"identifies ({named}): held encrypted, apart from the records"
        case Key(namespace=namespace):
            return f"number ({namespace}): replaced by a random one"
        case Drop():
            return "never stored"


def uses_in_words(feed: Feed, column: Column) -> str:
    """All that becomes of a cell."""
    uses = [use_in_words(use) for use in column.uses]
    if feed.deleted is not None and feed.deleted.column == column.name:
        uses.append("says which records were deleted")
    if feed.manifest is not None and column.name in feed.manifest.totals:
        uses.append("its total stands in the manifest")
    return "; ".join(uses)


def format_in_words(format: Format) -> str:
    """How the file is written."""
    match format:
        case Delimited():
            separator = _SEPARATORS.get(format.separator, f"`{format.separator}`")
            quote = f"quoted by `{format.quote}`" if format.quote else "not quoted"
            header = f", {format.header_rows} header rows" if format.header_rows > 1 else ""
            written = f"delimited text, {format.encoding}, separated by {separator}, {quote}{header}"
            return written + _footer_in_words(format.footer)
        case FixedWidth():
            written = f"text of fixed width, {format.encoding}, records of {format.length} characters"
            return written + _footer_in_words(format.footer)
        case JsonLines(encoding=encoding):
            return f"a JSON object a line, {encoding}"
        case Parquet():
            return "Parquet"
        case Excel(sheet=sheet):
            return "xlsx workbook, " + (f"sheet {sheet!r}" if sheet else "first sheet")
        case Gzip(format=inner):
            return f"compressed by gzip: {format_in_words(inner)}"
        case Zip(member=member, format=inner):
            return f"`{member}` in a zip archive: {format_in_words(inner)}"


def _footer_in_words(footer: Footer | None) -> str:
    if footer is None:
        return ""
    lines = "the last line closes" if footer.lines == 1 else f"the last {footer.lines} lines close"
    return f"; {lines} the file, of the form `{footer.pattern}`"


def rhythm_in_words(delivery: Full | Delta) -> str:
    """How often a delivery comes."""
    return "once" if delivery.every == "once" else f"each {delivery.every.replace('_', ' ')}"


def delivery_in_words(delivery: Full | Delta) -> str:
    """What a delivery means for the ones before it."""
    rhythm = rhythm_in_words(delivery)
    if isinstance(delivery, Full):
        return f"{rhythm}; a delivery is complete and replaces the ones before it"
    return f"{rhythm}; a delivery holds new and changed records, which replace those of the same key"


def as_of_in_words(date: AsOf) -> str:
    """Where the as-of date comes from."""
    match date:
        case FileDate():
            return "the date in the file's name"
        case LatestOf(column=column):
            return f"the latest date in `{column}`"
        case Fixed(date=fixed):
            return fixed.isoformat()


def rule_in_words(rule: RowRule) -> str:
    """A rule between two columns."""
    match rule:
        case Ordered(first=first, second=second):
            return f"`{first}` does not lie after `{second}`"
        case InScale(scale=scale, score=score):
            return f"`{score}` lies within the published range of the scale in `{scale}`"


def expectation_in_words(expectation: Expectation) -> str:
    """What is expected of a delivery as a whole, what happens otherwise, and why where the contract says so."""
    return _expected(expectation) + (f" ({expectation.reason})" if expectation.reason else "")


def _expected(expectation: Expectation) -> str:
    match expectation:
        case Rows(low=low, high=high):
            return f"between {low:,} and {high:,} rows; otherwise the delivery is held"
        case Accepted(share=share):
            return f"at least {share:.0%} of the rows are accepted; otherwise the delivery is held"
        case Filled(column=column, share=share):
            return f"`{column}` is filled in at least {share:.0%} of the rows; otherwise the receipt warns"
        case Known(column=column, share=share, otherwise=otherwise):
            return f"`{column}` has a listed code in at least {share:.0%} of the rows; otherwise {_follows(otherwise)}"
        case Unique(share=share):
            return (
                f"at least {share:.0%} of the rows contradict no other row of their key; otherwise {_follows('hold')}"
            )
        case Refers(namespace=namespace, share=share):
            known = f"at least {share:.0%} of the numbers `{namespace}` are known from other files"
            return f"{known}; otherwise {_follows('warn')}"
        case Fresh(days=days):
            return f"the delivery is dated at most {days} days before it arrives; otherwise {_follows('warn')}"
        case Drift():
            return _drift_in_words(expectation)


def _drift_in_words(drift: Drift) -> str:
    """A drift in rows and in how columns are filled."""
    fewer = "a full delivery is held and a delta warned of" if drift.otherwise is None else _follows(drift.otherwise)
    return (
        f"between {drift.low:g} and {drift.high:g} times as many rows as the last deliveries had, with each column "
        f"filled at most {drift.filled:.0%} of the rows less; with fewer rows {fewer}, otherwise {_follows('warn')}"
    )


def _follows(otherwise: Otherwise) -> str:
    return "the delivery is held" if otherwise == "hold" else "the receipt warns"


def deletion_in_words(deleted: Deleted) -> str:
    """How a row says that its record was deleted."""
    said = f"is {' or '.join(f'`{code}`' for code in deleted.codes)}" if deleted.codes else "is filled"
    return f"a record is deleted where `{deleted.column}` {said}"


def sequence_in_words(sequence: Sequence) -> str:
    """How deliveries are numbered."""
    return f"numbered from {sequence.first} without a gap; a delivery waits for the one before it"


def manifest_in_words(rule: ManifestRule) -> str:
    """What is said of the manifest beside a file."""
    demanded = "a manifest beside each file is required" if rule.demanded else "a manifest may lie beside a file"
    totals = f", with the totals of {_listed(rule.totals)}" if rule.totals else ""
    return demanded + (", signed" if rule.signed else "") + totals


def presence_in_words(feed: Feed, column: Column) -> str:
    """Whether a cell may be empty, and whether it is part of the record's key."""
    return ("may be empty" if column.null else "required") + (", part of the key" if column.name in feed.key else "")


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    if low is not None:
        return f" of at least {low:,}"
    return "" if high is None else f" of at most {high:,}"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(f"`{text}`" for text in texts)
