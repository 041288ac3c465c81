"""What codes, rules and states say to an agency, in a sentence, and what is to be done about each, in another.

What a rule says of a row stands in `schemas.codes.ROW_RULES`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_EXPORT: Final = "Export the file again and send the new one"
_SPECIFICATION: Final = "as your specification sheet says"
_QUOTES: Final = "Export the file again with every quotation mark inside a text doubled; begin with the row named here."
_OURS: Final = "There is nothing for you to do: we look into it and will write to you if we need the file again."
_REVIEW: Final = "There is nothing for you to do yet: somebody here looks at it"


@dataclass(frozen=True)
class Wording:
    """A sentence that says what is the matter, and one that says what to do about it."""

    says: str
    do: str


CODES: Final[Mapping[str, Wording]] = MappingProxyType(
    {
        code: Wording(says, do)
        for code, says, do in (
            # The file as a whole.
            ("bad_encoding", "The file is not text in the agreed encoding.",
             f"{_EXPORT}, encoded {_SPECIFICATION}."),
            ("empty_file", "The file is empty.",
             f"{_EXPORT}; where there are truly no records, send the header line alone."),
            ("count_mismatch", "The records cannot be counted the same way twice; quotes or line ends are damaged.",
             f"{_EXPORT}; it was probably cut off or changed by another program."),
            ("field_count", "One of the header lines has more or fewer fields than the others.",
             f"{_EXPORT}, its header lines {_SPECIFICATION}."),
            ("nul_byte", "The header contains a NUL byte.",
             f"{_EXPORT} as plain text."),
            ("no_spare_character", "The file uses every control character there is.",
             f"{_EXPORT} as plain text; this one is probably not a text file at all."),
            ("record_too_long", "A record is longer than 64 MB; probably a line end is missing.",
             f"{_EXPORT}, each record on a line of its own."),
            ("stray_quote", "A quotation mark stands where none may: the end of the record is uncertain.",
             _QUOTES),
            ("unclosed_quote", "A quotation mark is opened and never closed.",
             _QUOTES),
            ("footer_missing", "The agreed last line, which counts the records, is missing.",
             f"{_EXPORT}: this one was probably cut off before its end."),
            ("footer_count", "The last line counts another number of records than there are.",
             f"{_EXPORT}: this one has probably lost or gained records on its way."),
            ("bad_json", "A line of the file is no JSON object.",
             f"{_EXPORT}, one JSON object a line, {_SPECIFICATION}."),
            ("bad_parquet", "The file is not a readable Parquet file.",
             f"{_EXPORT}: this one was probably cut off or is of another kind."),
            ("parquet_too_large", "Reading the Parquet file needs more time or memory than is allowed.",
             "Send the records in several files of fewer rows."),
            ("unsupported_column", "The Parquet file has a column of nested or binary values.",
             f"{_EXPORT} with plain columns only, {_SPECIFICATION}."),
            ("bad_gzip", "The file is not a readable gzip file.",
             f"{_EXPORT}: this one was probably cut off on its way."),
            ("gzip_bomb", "The file is larger inside than is allowed.",
             "Send the records in several files."),
            ("bad_workbook", "The file is not a readable xlsx workbook.",
             "Save it again as an Excel workbook (.xlsx) without a password, and send it again."),
            ("workbook_too_large", "Reading the workbook needs more time or memory than is allowed.",
             "Delete empty and unused sheets, rows and columns, or send the records in several files."),
            ("missing_sheet", "The workbook has no sheet of the agreed name.",
             f"Name the sheet {_SPECIFICATION}, and send the workbook again."),
            ("bad_zip", "The file is not a readable zip archive.",
             "Make the archive again, and send the new one; this one was probably cut off on its way."),
            ("zip_bomb", "The archive is larger inside than is allowed.",
             "Send an archive with the agreed file only, or the records in several files."),
            ("zip_encrypted", "The archive is protected by a password.",
             "Send it without a password: it is encrypted on the way and as soon as it is here."),
            ("zip_member_missing", "The archive does not contain the agreed file, or several that could be it.",
             f"Put exactly one file into it, named {_SPECIFICATION}."),
            ("zip_nested", "The archive contains another archive.",
             "Put the file itself into the archive."),
            ("zip_path", "The archive contains a path that leads out of it.",
             "Make the archive again, with the file itself at its top."),
            ("unreadable", "The file cannot be read.",
             f"{_EXPORT}, {_SPECIFICATION}."),
            # Its header, its name, its date.
            ("missing_column", "An agreed column is missing.",
             "Add the column with its agreed header, and send the whole file again."),
            ("undeclared_column", "The file has a column that the agreement does not list.",
             "Remove the column and send the file again, or ask us to have it added to the agreement first."),
            ("repeated_header", "Two columns have the same name.",
             "Give each column its agreed header, and send the file again."),
            ("too_many_columns", "The file has far more columns than any agreement lists.",
             f"{_EXPORT} with the agreed columns only; its separator may be another one than agreed."),
            ("no_feed", "No agreement describes a file of this name from this agency.",
             f"Name the file {_SPECIFICATION}, and send it again; nobody has read this one."),
            ("no_as_of_date", "It cannot be told up to which day the delivery is complete.",
             f"Put the date into the file's name {_SPECIFICATION}, and send it again."),
            ("as_of_conflict", "The manifest and the file's name state different dates.",
             "Make both state the day up to which the delivery is complete, and send it again."),
            # What is held until it is settled.
            ("held", "The delivery differs from what was agreed or is usual; somebody will look at it.",
             f"{_REVIEW}. If you know that the file is wrong, send a corrected one."),
            ("same_day", "Another delivery of the same day is there already, and its content differs.",
             f"{_REVIEW} and decides which of the two counts. Tell us if you know."),
            ("sequence_gap", "The delivery with the number before this one has not arrived.",
             "Send the missing delivery: this one is then loaded by itself, and need not be sent again."),
            ("sequence_conflict", "Another delivery with the same number is there already, and its content differs.",
             f"{_REVIEW} and decides which of the two counts. Give each delivery a number of its own."),
            ("future", "The delivery is dated after the day on which it arrived.",
             "Correct the date in the file's name or manifest, and send it again."),
            ("expunged", "The file waited to be looked at, and holds records that an order to expunge covers.",
             "Send the file again without these records; this one is erased."),
            ("refused_after_review", "Somebody here has looked at the delivery and refused it.",
             "Ask us what was wrong, if you have not heard from us, and send a corrected file."),
            ("agreement_ended", "The data-sharing agreement for this file has ended.",
             "Send no further file before the agreement is renewed; nothing of this one was looked at."),
            ("agreement_not_begun", "The data-sharing agreement for this file is not in force yet.",
             "Send the file again once the agreement has begun; nothing of this one was looked at."),
            # The manifest.
            ("manifest_missing", "The manifest that must come with the file is missing.",
             "Send the file again together with its manifest."),
            ("manifest_unreadable", "The manifest is not what a manifest must be.",
             "Make the manifest again with an unchanged tool, and send it with the file."),
            ("manifest_unsigned", "The manifest is not signed.",
             "Sign the manifest with your agency's key, and send it again with the file."),
            ("manifest_unknown_key", "The manifest names a signing key that is not known for your agency.",
             "Sign it with the key that you gave us, or give us the new public key first."),
            ("manifest_bad_signature", "The signature of the manifest is not right.",
             "Sign the manifest after its last change, and send it again with the file."),
            ("manifest_wrong_agency", "The manifest is that of another agency.",
             "Send the file into your own folder, with a manifest that names your agency."),
            ("manifest_wrong_file", "The manifest is that of another file.",
             "Make a manifest for this file, and send both again."),
            ("manifest_hash", "The file is not the one that the manifest describes: its contents differ.",
             "Make the manifest after the last change to the file, and send both again."),
            ("manifest_bytes", "The file is longer or shorter than the manifest says.",
             "Send both again: the file was probably cut off, or changed after the manifest was made."),
            ("manifest_rows", "The file has another number of records than the manifest says.",
             "Compare the number of records with your system, and send both again."),
            ("manifest_total", "A control total differs from the sum of the column.",
             "Compare the column with your system, and send the file and its manifest again."),
            ("manifest_agreement", "The manifest names another agreement than the one for this file.",
             f"Name the agreement {_SPECIFICATION}, and send both again."),
            ("manifest_expired", "The manifest has expired.",
             "Make a new manifest, and send it with the file."),
            # What went wrong here.
            ("worker_lost", "The file was tried several times without an end and is set aside.", _OURS),
            ("store_unavailable", "The file could not be stored here and is set aside.", _OURS),
            ("unexpected", "The file brought our own software to a halt and is set aside.", _OURS),
        )
    }
)  # fmt: skip
"""Code of a refusal, a hold or a quarantine → what it says."""

EXPECTATIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "rows": "See whether the file holds all the records it should, and only those.",
        "drift": "See whether the file holds all the records it should, and only those.",
        "accepted": "Correct the faults listed here, the most frequent first.",
        "filled": "See why the column is empty more often than agreed.",
        "filled_drift": "See whether your system or its export has stopped filling the column.",
        "known": "Send us the new codes and what they mean, or correct them.",
        "unique": "See why one number stands for several different records.",
        "refers": "Send the records that these rows refer to, in the delivery that lists them.",
        "fresh": "See whether this is the newest file, and send newer ones more promptly.",
        "future": "Correct the date in the file's name or manifest.",
    }
)
"""Code of an expectation that a delivery does not meet → what to do."""

CORRECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "field_count": "Put texts that contain the separator or a line end into quotation marks.",
        "outside_fields": "Begin and end each field at its agreed place, and write nothing in between.",
        "bad_encoding": "Export with the agreed encoding; accents and special characters show it first.",
        "nul_byte": "Remove the unprintable character at the source.",
        "bad_json": "Write each record as one complete, flat JSON object on a line of its own.",
        "nested_value": "Write each field as a plain text, number or date, not as a list or an object.",
        "repeated_key": "State each field once in a record.",
        "missing": "Fill the cell at the source.",
        "control_character": "Remove the unprintable character, often a line end or a tab pasted into the field.",
        "too_long": "Shorten the text, or see whether two fields have run together.",
        "pattern": "Write it as your specification sheet shows.",
        "not_a_number": "Write digits only: no currency sign, no comma between thousands.",
        "out_of_range": "Correct the number; a digit too many or a wrong unit is the usual cause.",
        "not_a_date": "Correct the date, or export the column in the agreed date format.",
        "unknown_code": "Use a listed code, or tell us the new one and what it means.",
        "date_order": "Correct whichever of the two dates is wrong.",
        "score_out_of_scale": "Correct the score, or the name of the scale.",
        "duplicate_key": "Give each record a number of its own, or remove the outdated one.",
        "expunged": "Leave the record out of what you send; it is not taken, and nothing of it is kept.",
    }
)
"""Rule of a row → how to correct it."""

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

DECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accept": "Somebody here has looked at the delivery and accepted it.",
        "refuse": "Somebody here has looked at the delivery and refused it.",
    }
)


def said(code: str) -> Wording:
    """What a code says; a code that has no words of its own is named, and we are to be asked."""
    if code in CODES:
        return CODES[code]
    if code.startswith("unexpected_"):
        return CODES["unexpected"]
    reason = code.replace("_", " ")
    return Wording(f"Reason: {reason}.", "Ask us what it means, and give us the number of this receipt.")


def state_sentence(state: str, *, trial: bool = False) -> str:
    """What has become of the file, or would become of it."""
    return (TRIED if trial else STATES).get(state, f"The file is {state}.")


def correction(rule: str) -> str:
    """How to correct what breaks a rule."""
    return CORRECTIONS.get(rule, "Correct it as your specification sheet says.")
