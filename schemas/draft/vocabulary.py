"""Agencies' words for what the project's vocabularies say: only where a word can mean but one thing."""

import re
from collections.abc import Mapping
from typing import Final

from schemas.codes import VOCABULARIES


def _of(listed: Mapping[str, str]) -> Mapping[str, str]:
    return {word: code for code, words in listed.items() for word in words.split("/")}


SEXES: Final = _of({"M": "m/male/man", "F": "f/female/woman", "U": "u/unknown/not said/x/n/other/unk"})

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "attendance": _of({
        "attended": "attended/present/p/show/showed/kept", "late": "late/l/tardy/attended late",
        "left_early": "left early/le", "absent_excused": "absent excused/excused/ae/excused absence/absent with excuse",
        "absent_unexcused": "absent unexcused/unexcused/absent/a/au/no show/noshow/no-show/did not attend",
        "cancelled_by_programme": "cancelled/canceled/c/cancelled by programme/cancelled by program",
        "make_up": "make up/make-up/mu/made up", "unknown": "unknown/?/u",
    }),
    "hearing": _of({
        "yes": "y/yes/appeared/present", "no": "n/no/failed to appear/fta/failure to appear/did not appear",
        "excused": "e/excused/waived", "unknown": "u/unknown",
    }),
    "contact": _of({
        "kept": "kept/completed/successful/face to face/attended", "missed": "missed/no show/unsuccessful/not kept",
        "excused": "excused/cancelled/canceled",
    }),
    "drug_test": _of({
        "negative": "negative/neg/n/clean", "positive": "positive/pos/p/dirty", "refused": "refused/refusal",
        "invalid": "invalid/dilute/diluted/adulterated/unable",
    }),
    "disposition": _of({
        "GP": "guilty plea/pled guilty/plea guilty/plea of guilty", "GJ": "guilty by jury/jury verdict guilty",
        "GC": "guilty by court/guilty bench trial", "GU": "guilty other/guilty/convicted",
        "NA": "acquitted/not guilty", "ND": "dismissed/nolle prosequi/nolle/dismissal", "NM": "mistrial",
        "DU": "diverted/diversion", "PT": "transferred", "UU": "unknown",
    }),
    "sentence": _of({
        "prison": "prison/state prison", "jail": "jail/county jail", "probation": "probation", "fine": "fine/fines",
        "community_service": "comm svc/community service", "suspended": "suspended/suspended sentence",
        "other": "other",
    }),
    "violation": _of({
        "technical": "technical/technical violation", "absconding": "absconding/absconded/abscond",
        "new_offence": "new offense/new offence/new crime/new charge",
    }),
    "revocation": _of({
        "technical": "technical", "new_offence": "new offense/new offence/new crime", "other": "other",
    }),
    "assessment": _of({
        "WHO-5": "who5/who-5/who 5", "BARC-10": "barc10/barc-10", "K6": "k6/k-6", "PHQ-9": "phq9/phq-9",
        "MSPSS": "mspss",
    }),
    "referral": _of({
        "housing": "housing", "employment": "work/employment/job", "substance_use": "substance use/substance abuse",
        "mental_health": "mental health", "education": "schooling/education", "legal": "legal",
        "transport": "transport/transportation", "benefits": "benefits", "other": "other",
    }),
    "supervision": _of({
        "CO": "completed/completion/successful/expired", "AB": "absconded",
        "IN": "revoked/revoked - new offense/revoked - technical/incarcerated",
        "DI": "discharged to detainer", "OU": "terminated unsatisfactorily/unsatisfactory/unsuccessful",
        "TR": "transferred out/transferred", "DE": "deceased/died/death", "OT": "other", "UU": "unknown",
    }),
}  # fmt: skip


def recognised(kind: str, texts: Mapping[str, str]) -> Mapping[str, str] | None:
    """Our codes of a kind for all the agency's texts; None where some of them is not recognised."""
    known = SEXES if kind == "sex" else WORDS.get(kind, {})
    found = {text: known.get(re.sub(r"\s+", " ", text.strip().lower())) for text in texts}
    vocabulary = VOCABULARIES.get(kind)
    if not found or any(code is None or (vocabulary is not None and code not in vocabulary) for code in found.values()):
        return None
    return {text: str(code) for text, code in found.items()}
