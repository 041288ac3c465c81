"""The draft of a contract from a sample file, and the specification of a feed as files for its agency."""

import re
from pathlib import Path

from schemas.catalogue import feeds, feeds_of
from schemas.contract import Feed
from schemas.draft import Draft, draft
from schemas.errors import ThroughcareError


class CannotDraft(ThroughcareError):
    """There is no sample to draft from, or nowhere to put the draft; the message leaves out the file's name."""

    exit_code = 2


def draft_feed(sample: Path, agency: str, name: str | None, member: str | None = None) -> Draft:
    """Draft the contract of a feed of an agency from one of its files.

    ``name``: the feed's, by default the agency's and the file's; ``member``: which file of an archive. Raises
    `CannotDraft`, or `DeliveryRefused` where the file cannot be read.
    """
    from connectors.readers import read
    from connectors.readers.sniff import sniff

    content = _content(sample)
    format = sniff(content, sample.name, member)
    name = name or _named(agency, member or sample.name)
    return draft(name, agency, sample.name, format, read(content, format), others=feeds_of(agency))


def write_draft(drafted: Draft, folder: Path) -> Path:
    """Write the feed's module; `CannotDraft` where a module of that name stands there already."""
    path = folder / f"{drafted.feed.name}.py"
    if drafted.feed.name in feeds() or path.exists():
        raise CannotDraft(f"there is a feed {drafted.feed.name} already: choose another --name")
    path.write_text(drafted.source())
    return path


def write_sheet(feed: Feed, folder: Path) -> tuple[Path, Path]:
    """Write the specification as a page, and an example file of made-up rows that the contract accepts."""
    from schemas.sheet import example, example_name, page
    from schemas.specification import example_day

    folder.mkdir(parents=True, exist_ok=True)
    specification, sample = folder / f"{feed.name}.html", folder / example_name(feed, example_day(feed))
    specification.write_text(page(feed))
    sample.write_bytes(example(feed))
    return specification, sample


def _content(sample: Path) -> bytes:
    try:
        return sample.read_bytes()
    except OSError:
        pass
    raise CannotDraft("there is no such file, or it cannot be read")


def _named(agency: str, file_name: str) -> str:
    """The agency's name and the words of the file's, without its digits and endings."""
    words = re.findall(r"[a-z]+", Path(file_name).name.split(".")[0].lower())
    return "_".join([agency, *words]) if words else f"{agency}_feed"
