"""A study that takes anything from after its time zero is refused, and the error says what to use."""

from dataclasses import replace
from typing import Any

import pytest

from schemas.errors import StudyError
from tests.spec.studies.refused import CONTRADICTIONS, IMMORTAL, PEER, SOUND, SOUND_TOO, Refused, built
from warehouse.study.catalogue import studies
from warehouse.study.contract import Age, Covariate, Is, Recorded, Study, TimeVarying
from warehouse.study.definition import canonical, definition


@pytest.mark.parametrize("refused", [*IMMORTAL, *CONTRADICTIONS], ids=lambda refused: refused.does)
def test_the_study_is_refused_and_the_error_names_part_and_reason(refused: Refused) -> None:
    with pytest.raises(StudyError) as raised:
        built(refused.change)
    message = str(raised.value)
    assert message.startswith(f"study sound, {refused.part}: ")
    assert all(words in message for words in refused.says), message


@pytest.mark.parametrize("refused", IMMORTAL, ids=lambda refused: refused.does)
def test_the_error_names_the_safe_designs(refused: Refused) -> None:
    with pytest.raises(StudyError) as raised:
        built(refused.change)
    assert all(name in str(raised.value) for name in ("SingleArm", "IntentionToTreat", "TimeVarying", "Landmark"))


@pytest.mark.parametrize("change", SOUND_TOO.values(), ids=SOUND_TOO)
def test_a_study_that_looks_no_further_than_it_may_is_none_the_worse(change: dict[str, Any]) -> None:
    assert built(change).name == "sound"


def test_the_shipped_studies_are_found_by_their_files() -> None:
    assert {"supervision_outcomes", "peer_support", "rossi", "recid_nc"} <= set(studies())
    assert all(name == study.name for name, study in studies().items())


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other", "title": "Other", "question": "Which?"},
        {"exposure": TimeVarying(start=PEER, words="Peer support")},
        {"follow_up": 12},
    ],
)
def test_the_hash_stays_where_only_words_or_the_order_of_a_set_change(change: dict[str, Any]) -> None:
    assert definition(replace(SOUND, **change)) == definition(SOUND)


@pytest.mark.parametrize(
    "change",
    [
        *SOUND_TOO.values(), {"windows": (6, 24)}, {"unit": "week"}, {"follow_up": 24}, {"strata": ()},
        {"covariates": (Covariate("age_band", Age(), bands=((0, "all"),)),)},
        {"outcomes": (replace(SOUND.outcomes[0], maturation_days=1),)},
        {"population": (Is(Recorded("text"), ("drug court",)),)},
    ],
)  # fmt: skip
def test_the_hash_changes_with_what_is_counted(change: dict[str, Any]) -> None:
    assert definition(replace(SOUND, **change)) != definition(SOUND)


def test_a_renamed_stratum_is_the_same_study() -> None:
    renamed: Study = replace(SOUND, covariates=(replace(SOUND.covariates[0], name="years"),), strata=("years",))
    assert canonical(renamed) == canonical(SOUND)
