"""What rules and codes say to an agency, in a sentence."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "a value is required",
        "not_a_date": "not a date in the agreed format",
        "not_a_number": "not a number",
        "out_of_range": "outside the agreed range",
        "unknown_code": "a code that the agreement does not list",
        "too_long": "longer than agreed",
        "pattern": "not in the agreed form",
        "control_character": "contains a control character",
        "date_order": "the dates are not in order",
        "score_out_of_scale": "a score that its scale does not have",
        "duplicate_key": "several rows with this record number differ",
        "field_count": "the row has more or fewer fields than the header",
        "bad_encoding": "contains bytes that are not text in the agreed encoding",
        "nul_byte": "contains a NUL byte",
    }
)

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
