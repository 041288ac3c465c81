"""What makes the way in which a file is written contradict itself."""

import codecs
import re
from collections.abc import Iterator
from itertools import pairwise

from schemas.formats import Delimited, FixedWidth, Footer, Format, Gzip, JsonLines, Zip

Problem = tuple[str, str]


def format_problems(format: Format) -> Iterator[Problem]:
    """Yield ("format", message) for each contradiction."""
    form = format.format if isinstance(format, Gzip | Zip) else format
    if isinstance(form, Delimited | FixedWidth | JsonLines) and not _is_encoding(form.encoding):
        yield "format", "names an encoding that is not known"
    if isinstance(form, Delimited):
        yield from _delimited_problems(form)
    if isinstance(form, FixedWidth):
        yield from _fixed_width_problems(form)
    if isinstance(form, Delimited | FixedWidth) and form.footer is not None:
        yield from _footer_problems(form.footer)


def _delimited_problems(form: Delimited) -> Iterator[Problem]:
    if len(form.separator) != 1 or (form.quote is not None and len(form.quote) != 1):
        yield "format", "has a separator or quote that is not one character"
    if form.separator == form.quote:
        yield "format", "separates and quotes by the same character"
    if form.header_rows < 1:
        yield "format", "has fewer than one header row: say header=False"


def _fixed_width_problems(form: FixedWidth) -> Iterator[Problem]:
    if not form.fields:
        yield "format", "has no field"
        return
    if any(start < 1 or width < 1 for _, start, width in form.fields):
        yield "format", "has a field that begins before the first character or has none"
    places = sorted((start, start + width) for _, start, width in form.fields)
    if any(end > start for (_, end), (start, _) in pairwise(places)):
        yield "format", "has fields that overlap"
    if form.length < places[-1][1] - 1:
        yield "format", "has a field beyond the end of its records"


def _footer_problems(footer: Footer) -> Iterator[Problem]:
    if footer.lines < 1:
        yield "format", "has a footer of no line"
    try:
        re.compile(footer.pattern)
    except re.error:
        yield "format", "has a footer whose pattern cannot be read"


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
