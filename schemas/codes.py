"""The closed vocabularies: what the timeline may say and in which codes.

Sources: CJARS adjudication layout (disposition, grade), APPA/BJS and Justice Counts (supervision),
HUD HMIS CSV FY2026 (programmes, missing-data codes), MoJ England & Wales (attendance).
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Identifier = Literal[
    "given_name", "middle_name", "surname", "suffix", "full_name", "alias", "birth_date", "sex", "race",
    "ssn", "ssn_last4", "state_id", "fbi_number", "licence", "address", "city", "zip", "phone", "email",
]  # fmt: skip
"""What may suggest who a person is; ``race`` is for audit only and never matched on."""

IDENTIFIERS: Final = frozenset(get_args(Identifier))
ISSUED: Final = frozenset({"ssn", "state_id", "fbi_number", "licence"})
"""Identifiers that are numbers issued to people: an agency may vouch for what it has seen proved."""

EVENT_KINDS: Final[Mapping[str, str]] = {
    "charge": "A charge is filed with a court; date: filing, code: offence class, text: grade",
    "disposition": "A charge is disposed of; code: disposition",
    "sentence": "A sentence is passed; code: kind of sentence, number: days imposed",
    "hearing": "A hearing is scheduled; code: appeared yes/no/excused/unknown, text: kind of hearing",
    "arrest": "A person is arrested",
    "contact": "A supervision contact; code: kept/missed/excused, text: kind of contact",
    "violation": "A violation incident; code: technical/absconding/new_offence, text: outcome",
    "revocation": "Supervision is revoked to custody; code: technical/new_offence/other",
    "drug_test": "A drug test; code: negative/positive/refused/invalid",
    "attendance": "A session scheduled for a person; code: attendance, number: minutes, text: kind of content",
    "assessment": "A scale is scored; code: scale, number: score",
    "referral": "A referral is made; code: need",
    "service": "A service is provided; code: kind of service",
    "death": "A person dies",
}

SPAN_KINDS: Final[Mapping[str, str]] = {
    "supervision": "Probation or parole; code: exit (APPA/BJS), text: kind of supervision",
    "enrolment": "Membership of a programme; code: programme kind, text: exit reason or completion status",
    "custody": "Jail or prison; code: reason of admission; its end is a release",
    "programme": "A programme operates; no subject; code: programme kind",
    "study": "A research follow-up of a person from its index to its end",
}

DISPOSITIONS: Final[Mapping[str, str]] = {
    "DU": "diversion",
    "GC": "guilty, court trial", "GJ": "guilty, jury trial", "GP": "guilty, plea",
    "GI": "guilty but insane", "GU": "guilty, other",
    "NA": "acquitted", "ND": "dismissed", "NI": "dismissed, insanity", "NM": "mistrial",
    "NP": "not-guilty plea", "NU": "not convicted, other",
    "PT": "transferred", "PU": "procedural, other", "UU": "unknown",
}  # fmt: skip
CONVICTIONS: Final = ("GC", "GJ", "GP", "GI", "GU")

GRADES: Final[Mapping[str, str]] = {
    "FE": "felony", "MI": "misdemeanour",
    "JF": "juvenile, felony", "JM": "juvenile, misdemeanour", "JU": "juvenile, other", "UU": "unknown",
}  # fmt: skip

SENTENCES: Final[Mapping[str, str]] = {
    "prison": "prison", "jail": "jail", "probation": "probation", "fine": "fine",
    "community_service": "community service", "suspended": "suspended", "other": "other",
}  # fmt: skip

APPEARED: Final[Mapping[str, str]] = {
    "yes": "appeared", "no": "failed to appear without excuse", "excused": "excused", "unknown": "unknown",
}  # fmt: skip

SUPERVISION_EXITS: Final[Mapping[str, str]] = {
    "CO": "completed", "IN": "incarcerated", "AB": "absconded", "DI": "discharged to custody or detainer",
    "OU": "other unsatisfactory", "TR": "transferred", "DE": "died", "OT": "other", "UU": "unknown",
}  # fmt: skip

VIOLATIONS: Final[Mapping[str, str]] = {
    "technical": "breach of conditions", "absconding": "absconded", "new_offence": "a new offence",
}  # fmt: skip
REVOCATIONS: Final[Mapping[str, str]] = {
    "technical": "for technical reasons", "new_offence": "for a new offence", "other": "other",
}  # fmt: skip
CONTACTS: Final[Mapping[str, str]] = {"kept": "kept", "missed": "missed", "excused": "excused"}
DRUG_TESTS: Final[Mapping[str, str]] = {
    "negative": "negative", "positive": "positive", "refused": "refused", "invalid": "invalid",
}  # fmt: skip

PROGRAMMES: Final[Mapping[str, str]] = {
    "peer_support": "peer support group", "education": "education", "employment": "employment",
    "treatment": "treatment", "housing": "housing", "other": "other",
}  # fmt: skip
ATTENDANCE: Final[Mapping[str, str]] = {
    "attended": "attended", "late": "attended late", "left_early": "left early",
    "absent_excused": "absent with excuse", "absent_unexcused": "absent without excuse",
    "cancelled_by_programme": "cancelled by the programme", "make_up": "made up later", "unknown": "unknown",
}  # fmt: skip
SESSION_CONTENTS: Final[Mapping[str, str]] = {
    "emotional_support": "emotional support", "legal_information": "legal information",
    "education": "education", "accountability": "accountability", "life_skills": "life skills",
    "social": "social", "resources": "access to resources", "advocacy": "advocacy",
}  # fmt: skip
NEEDS: Final[Mapping[str, str]] = {
    "housing": "housing", "employment": "employment", "substance_use": "substance use",
    "mental_health": "mental health", "education": "education", "legal": "legal",
    "transport": "transport", "benefits": "benefits", "other": "other",
}  # fmt: skip
REFERRAL_STATES: Final[Mapping[str, str]] = {
    "made": "made", "accepted": "accepted", "attended": "first attended", "closed": "closed",
}  # fmt: skip

SCALES: Final[Mapping[str, tuple[float, float]]] = {
    "WHO-5": (0, 25), "BARC-10": (10, 60), "K6": (0, 24), "PHQ-9": (0, 27), "MSPSS": (1, 7),
}  # fmt: skip
"""Scale → lowest and highest possible score (STANDARDS: raw WHO-5; mean MSPSS)."""

MISSING: Final[Mapping[str, str]] = {
    "8": "client does not know", "9": "client prefers not to say", "99": "data not collected",
}  # fmt: skip

VOCABULARIES: Final[Mapping[str, Mapping[str, object]]] = {
    "disposition": DISPOSITIONS, "sentence": SENTENCES, "hearing": APPEARED, "contact": CONTACTS,
    "violation": VIOLATIONS, "revocation": REVOCATIONS, "drug_test": DRUG_TESTS, "attendance": ATTENDANCE,
    "assessment": SCALES, "referral": NEEDS, "supervision": SUPERVISION_EXITS, "enrolment": PROGRAMMES,
    "programme": PROGRAMMES,
}  # fmt: skip
"""Kind of event or span → the codes that its ``code`` may be, beside those of `MISSING`."""

SUBJECT_STATUSES: Final[Mapping[str, str]] = {
    "linked": "joined to a person by the linker",
    "unlinked": "a participant of its own: no identifiers have arrived yet",
    "ambiguous_subject": "the number serves several people: assigned to nobody",
    "waiting": "refers to a record that has not arrived yet",
    "none": "the row is not about a person",
}
UNMAPPED: Final = "unmapped"

EXPUNGED: Final = "expunged"
"""The rule of a row that an order to expunge covers: no contract says so, the vault does."""

ROW_RULES: Final[Mapping[str, str]] = {
    "field_count": "the row has more or fewer fields than the header",
    "outside_fields": "the row has text where no field is",
    "bad_json": "the line is not a JSON object",
    "nested_value": "the object holds a list or another object",
    "repeated_key": "the object names a key twice",
    "bad_encoding": "the row is not text in the agreed encoding",
    "nul_byte": "the row contains a NUL byte",
    "missing": "the cell is empty but must be filled",
    "control_character": "the text contains a control character",
    "too_long": "the text is longer than agreed",
    "pattern": "the text does not have the agreed form",
    "not_a_number": "not a number (digits 0 to 9, `.` as decimal mark)",
    "out_of_range": "the number lies outside the agreed range",
    "not_a_date": "not a calendar date in an agreed format",
    "unknown_code": "a code that the agreement does not list",
    "date_order": "the date lies before the date that it must not precede",
    "score_out_of_scale": "the score lies outside the published range of its scale",
    "duplicate_key": "several different records have this key",
    EXPUNGED: "an order to expunge covers the record",
}
"""Rule → what it says of a row: the closed list, in the order in which rules are tried."""
