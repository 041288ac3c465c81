"""What the words of a header say about its column."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final


def word_list(listed: str) -> frozenset[str]:
    """The words of a line."""
    return frozenset(listed.split())


SENSES: Final[Mapping[str, frozenset[str]]] = {
    sense: word_list(listed)
    for sense, listed in {
        "person": "person people client clients offender offndr offn ofndr inmate member participant probationer "
                  "parolee defendant def dfdt party patient youth juvenile resident individual subject subjid usubjid "
                  "student consumer arrestee detainee prisoner doc docno patron beneficiary learner mentee peer",
        "case": "case cases docket cause matter crt indictment",
        "number": "id ids no num nbr number numbers key identifier ref pk fk sak guid uuid rin ident idn",
        "ordinal": "count cnt charge sequence seq order ord line setting part violation item step page version "
                   "position rank visit visitnum instance",
        "quantity": "days day minutes minute hours hour months month years year amount amt score scores total points "
                    "length fee fine balance age dose duration percent pct rate quantity qty income",
        "staff": "officer officers agent judge judges magistrate attorney attorneys lawyer counsel staff employee empl "
                 "emp user usr userid username supervisor counselor counsellor worker wrkr manager mgr clinician "
                 "therapist physician doctor prosecutor reviewer approver author instructor facilitator teacher "
                 "investigator technician badge laboratory lab victim witness requester interpreter clerk login "
                 "sponsor advisor adviser interpretor originator representative "
        "occupation guardian mother father spouse relative kin employer caseworker psychologist nurse",
        "name": "name names nm",
        "given": "first given fname forename firstname fst frst",
        "surname": "last surname lname lastname family maiden",
        "middle": "middle mid mi mname middlename",
        "suffix": "suffix sfx suf namesuffix",
        "alias": "alias aliases aka nickname moniker known",
        "birth": "dob birth birthdate birthday born brth brthdtc bday brthdt",
        "place": "place pob cnty county country state province location region district census latitude longitude "
                 "lat lon lng citizenship nationality birthplace tract precinct parish coordinates",
        "ssn": "ssn ssan socialsecurity ss",
        "social": "social",
        "security": "security",
        "state_id": "sid sbi cii stateid",
        "fbi": "fbi",
        "licence": "license licence dl cdl dln oln lic driver drivers permit passport alien",
        "address": "address addr street strt apt apartment suite residence residing po box rural",
        "city": "city town municipality village",
        "zip": "zip zipcode postal postcode zip4",
        "phone": "phone telephone tel mobile cellphone fax pager",
        "email": "email mail",
        "sex": "sex gender",
        "race": "race ethnicity ethnic hispanic latino ethnc descent tribe tribal",
        "body": "height weight eye eyes hair complexion build scar scars tattoo tattoos marks photo picture "
                "fingerprint dna blood skin glasses image",
        "text": "comment comments cmt note notes remark remarks narrative description descr desc text txt tx summary "
                "memo explanation rationale statement synopsis details message addendum miscellaneous misc other "
                "feedback observation observations story facts findings title",
        "audit": "created create creation updated update updt upd modified modify inserted insert deleted delete "
                 "changed entered loaded export extracted lastupdate dtm",
        "agency": "court facility agency program programme project provider organization organisation org school unit "
                  "institution jail prison company",
        "content": "type typ code cd category cat class status stat reason rsn level lvl flag flg ind indicator kind "
                   "outcome result results offense offence charge statute disposition disp disposed plea verdict grade "
                   "severity source method mode action decision attendance compliance group track stage phase scale "
                   "instrument panel content topic need needs service sentence term exit completion complied appeared "
                   "situation destination language education marital employment veteran risk custody supervision",
        "date": "date dt dtd datetime time dtc timestamp when on",
        "start": "start started begin began begins entry entered admission admit admitted intake open opened from "
                 "joined enrolled enrollment enrolment placed effective booked booking commenced released",
        "end": "end ended exit exited discharge discharged release released close closed stop stopped until left "
               "terminated termination completion completed expiration expiry expire to thru",
        "by": "by",
    }.items()
}  # fmt: skip
"""Sense → the words that have it; a word may have several."""

KNOWN: Final = frozenset().union(*SENSES.values()) | word_list(
    "arrest hearing contact session assessment referral drug test specimen attended scheduled filed filing "
    "incident residential enrolment enrollment appointment record file request made accepted collected provided"
)
_STEMS: Final = sorted(
    word_list(
        "comment narrative staff attorney officer employee user firstname lastname surname birthdate address phone "
        "email spouse victim offender inmate"
    )
)
"""What protects a column wherever it stands in its header."""
_SHORT: Final = word_list("id no dt cd nm tx")
_LEAST: Final = 3
_COVERED: Final = 0.75
"""Share of a run of letters that known words must make up before it is taken apart."""

_TOKEN: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+|[^\W\d_]+")


@dataclass(frozen=True)
class Header:
    """A header with its words and what they say."""

    text: str
    words: tuple[str, ...]

    def says(self, *senses: str) -> bool:
        """Whether some word has some of these senses."""
        return any(word in SENSES[sense] for sense in senses for word in self.words)

    def said(self, sense: str) -> tuple[str, ...]:
        """The words that have a sense."""
        return tuple(word for word in self.words if word in SENSES[sense])

    @property
    def is_understood(self) -> bool:
        """Whether some word is known at all."""
        return any(word in KNOWN for word in self.words)

    @property
    def snake(self) -> str:
        """The words as one name: letters, digits and underscores, beginning with a letter."""
        name = "_".join(re.sub(r"[^a-z0-9]", "", word) for word in self.words).strip("_")
        return name if re.match("[a-z]", name) else f"column_{name}".rstrip("_")

    @property
    def thing(self) -> str:
        """What a number is the number of: the header without the words for number."""
        words = [word for word in self.words if word not in SENSES["number"]] or list(self.words)
        return Header(self.text, tuple(words)).snake


def read_header(text: str) -> Header:
    """Take a header apart: at blanks and signs, at changes of case, and where known words run together."""
    found: list[str] = []
    for token in _TOKEN.findall(text):
        found += _apart(token.lower())
    return Header(text, tuple(found))


@lru_cache(maxsize=4096)
def _apart(token: str) -> tuple[str, ...]:
    """A run of letters as the known words in it; itself where these are too little of it."""
    if token in KNOWN or len(token) < 2 * _LEAST - 1:
        return (token,)
    words, covered, place = [], 0, 0
    while place < len(token):
        word = _longest_at(token, place)
        if word:
            words.append(word)
            covered += len(word)
        place += len(word) or 1
    if covered >= _COVERED * len(token):
        return tuple(words)
    return (token, *(stem for stem in _STEMS if stem in token))


def _longest_at(token: str, place: int) -> str:
    """The longest known word that begins there; the shortest ones only at the end of the run."""
    for end in range(len(token), place + 1, -1):
        word = token[place:end]
        if word in KNOWN and (len(word) >= _LEAST or (word in _SHORT and end == len(token))):
            return word
    return ""
