"""A small warehouse: a court, a probation department, a housing programme; loaded by plain SQL."""

import hashlib
from typing import Final

from sqlalchemy import Engine, text

ANN: Final = "11111111-1111-4111-8111-111111111111"
BOB: Final = "22222222-2222-4222-8222-222222222222"

_EXTRACT: Final = text("""
INSERT INTO ledger.extract (feed, agency, digest, size_bytes, arrived_at, as_of, covered_from, covered_until, delivery,
                            state, received, loaded, finished_at)
VALUES (:feed, :agency, :digest, 1, '2024-01-02', :as_of, '2018-01-01', :as_of, :delivery, 'loaded', 9, 9, '2024-01-02')
RETURNING extract_id
""")


def extract(engine: Engine, feed: str, as_of: str, delivery: str = "full") -> int:
    """A loaded delivery."""
    agency = "coc" if feed.startswith("hmis") else "_".join(feed.split("_")[:2])
    digest = hashlib.sha256(f"{feed} {as_of}".encode()).hexdigest()
    with engine.begin() as connection:
        values = {"feed": feed, "agency": agency, "digest": digest, "as_of": as_of, "delivery": delivery}
        return int(connection.execute(_EXTRACT, values).scalar_one())


def rows(engine: Engine, table: str, columns: str, values: str) -> None:
    """Rows of a stored table, their ``source_key`` and ``moment`` filled where they are not stated."""
    with engine.begin() as connection:
        connection.execute(text(f"INSERT INTO timeline.{table} ({columns}) VALUES {values}"))


def link(engine: Engine) -> None:
    """Two persons, a subject that serves several, and one that waits."""
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO ledger.link_batch (batch_id, model_version, subjects) VALUES (1, 'm', 6)"))
    rows(
        engine, "link", "subject_id, participant_key, status, probability, batch_id",
        f"(1, '{ANN}', 'linked', .99, 1), (11, '{ANN}', 'linked', .99, 1), (2, '{BOB}', 'linked', .98, 1),"
        f"(12, '{BOB}', 'linked', .97, 1), (3, NULL, 'ambiguous_subject', NULL, 1), (4, NULL, 'waiting', NULL, 1)",
    )  # fmt: skip


def fill(engine: Engine) -> None:
    """Ann is charged again and convicted; Bob is not; two spans belong to nobody yet."""
    link(engine)
    moment = "extract_id, row_number, moment, source_key, subject_id, record_id, kind"
    charges = extract(engine, "metro_court_charges", "2024-01-01")
    rows(
        engine, "event", f"{moment}, event_date, code, text, detail",
        f"""({charges}, 2, 0, 1, 1, 70, 'charge', '2020-04-01', '1200', 'FE',
             '{{"offence_date": "2020-03-01", "charge_number": 1, "birth_year": 1990, "sex": "F"}}')""",
    )  # fmt: skip
    dispositions = extract(engine, "metro_court_dispositions", "2024-01-01")
    rows(
        engine, "event", f"{moment}, event_date, code, code_raw, detail",
        f"""({dispositions}, 2, 0, 1, 1, 70, 'disposition', '2020-09-01', 'GP', 'Guilty plea',
             '{{"charge_number": 1}}')""",
    )  # fmt: skip
    supervision = extract(engine, "metro_probation_supervision", "2024-01-01")
    rows(
        engine, "span", f"{moment}, start_date, end_date, code",
        f"({supervision}, 2, 0, 1, 11, 80, 'supervision', '2020-01-01', '2021-01-01', 'CO'),"
        f"({supervision}, 3, 0, 2, 12, 81, 'supervision', '2020-01-01', NULL, NULL),"
        f"({supervision}, 4, 0, 3, 3, 82, 'supervision', '2020-01-01', NULL, NULL),"
        f"({supervision}, 5, 0, 4, 4, 83, 'supervision', '2020-01-01', NULL, NULL)",
    )  # fmt: skip
    extract(engine, "metro_probation_violations", "2024-01-01")
    enrolments, exits, services = (
        extract(engine, f"hmis_{name}", "2024-01-01") for name in ("enrolment", "exit", "service")
    )
    rows(engine, "span", f"{moment}, start_date, code",
         f"({enrolments}, 2, 0, 1, 2, 90, 'enrolment', '2022-01-01', 'housing')")  # fmt: skip
    rows(engine, "event", f"{moment}, event_date, code",
         f"({exits}, 2, 0, 1, 2, 90, 'enrolment_end', '2022-06-01', '410')")  # fmt: skip
    rows(
        engine, "event", f"{moment}, event_date, code",
        f"({services}, 2, 0, 1, 2, 90, 'service', '2022-06-01', '141'),"
        f"({services}, 3, 0, 2, 2, 90, 'service', '2022-06-02', '141')",
    )  # fmt: skip
