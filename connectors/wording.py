"""What codes and states say to an agency, in a sentence; what rules say stands in `schemas.codes.ROW_RULES`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bad_encoding": "The file is not text in the agreed encoding.",
        "bad_workbook": "The file is not a readable xlsx workbook.",
        "bad_zip": "The file is not a readable zip archive.",
        "count_mismatch": "The records cannot be counted the same way twice; quotes or line ends are damaged.",
        "empty_file": "The file is empty.",
        "held": "The delivery differs from what was agreed or is usual; somebody will look at it.",
        "missing_column": "An agreed column is missing.",
        "missing_sheet": "The workbook has no sheet of the agreed name.",
        "no_as_of_date": "It cannot be told up to which day the delivery is complete.",
        "no_feed": "No agreement describes a file of this name from this agency.",
        "no_spare_character": "The file uses every control character there is.",
        "nul_byte": "The header contains a NUL byte.",
        "record_too_long": "A record is longer than 64 MB; probably a line end is missing.",
        "repeated_header": "Two columns have the same name.",
        "stray_quote": "A quotation mark stands where none may: the end of the record is uncertain.",
        "unclosed_quote": "A quotation mark is opened and never closed.",
        "undeclared_column": "The file has a column that the agreement does not list.",
        "unreadable": "The file cannot be read.",
        "workbook_too_large": "Reading the workbook needs more time or memory than is allowed.",
        "worker_lost": "The file was tried several times without an end and is set aside.",
        "zip_bomb": "The archive is larger inside than is allowed.",
        "zip_encrypted": "The archive is protected by a password.",
        "zip_member_missing": "The archive does not contain the agreed file.",
        "zip_nested": "The archive contains another archive.",
        "zip_path": "The archive contains a path that leads out of it.",
    }
)

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "loaded": "The file was loaded.",
        "duplicate": "The same file was delivered before; nothing was changed.",
        "refused": "The file was refused as a whole; nothing was loaded.",
        "held": "The file is held back until somebody has looked at it; nothing was loaded.",
        "quarantined": "The file could not be processed and is set aside; nothing was loaded.",
    }
)

TRIED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "loaded": "This file would be loaded.",
        "refused": "This file would be refused as a whole.",
        "held": "This file would be held back until somebody has looked at it.",
    }
)
"""The same of a file that was only tried."""
