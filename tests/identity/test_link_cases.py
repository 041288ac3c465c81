"""Who is one person and who is not: a drawn table, linked in one batch."""

from collections.abc import Iterator

import pytest

from connectors.postgres import Databases, EmbeddedServer
from identity.keys import ProjectKey, VaultKeys
from identity.vault import Vault
from tests.identity.conftest import MASTER
from tests.identity.feeds import COURT, PROBATION
from tests.identity.town import Record, Town


def court(name: str, born: str | None, **more: str) -> Record:
    return {"full_name": name, "birth_date": born, **more}


def probation(given: str, surname: str, born: str | None, **more: str) -> Record:
    return {"given_name": given, "surname": surname, "birth_date": born, **more}


ONE_PERSON = {
    "same name and birth date": (court("OKONKWO, CHIDI", "1981-04-02"), probation("Chidi", "Okonkwo", "1981-04-02")),
    "nickname": (court("FARQUHAR, WILLIAM", "1979-11-30"), probation("Bill", "Farquhar", "1979-11-30")),
    "accents and case": (court("GUTIERREZ, JOSE", "1988-01-07"), probation("José", "Gutiérrez", "1988-01-07")),
    "day and month swapped": (
        court("PELLETIER, SIMONE", "1990-03-08", sex="F"), probation("Simone", "Pelletier", "1990-08-03", sex="F")),
    "one digit of the birth date": (
        court("ABERNATHY, ROSCOE", "1971-06-15", sex="M"), probation("Roscoe", "Abernathy", "1971-06-16", sex="M")),
    "letters of the surname swapped": (
        court("KOWALCZYK, MARTA", "1985-09-21"), probation("Marta", "Kowalczky", "1985-09-21")),
    "one of two surnames": (court("RUIZ MONTOYA, XIMENA", "1992-12-05"), probation("Ximena", "Ruiz", "1992-12-05")),
    "hyphen": (court("HOLT-WINSLOW, ADA", "1969-02-11"), probation("Ada", "Winslow", "1969-02-11")),
    "maiden name beside the state id": (
        court("BRANNIGAN, ORLA", "1983-07-19", state_id="CA1112223", sex="F"),
        probation("Orla", "Petrov", "1983-07-19", state_id="CA1112223", sex="F")),
    "maiden name known as an alias": (
        court("DUBROVSKY, IRINA", "1977-10-02"), probation("Irina", "Hale", "1977-10-02", alias="Dubrovsky, Irina")),
    "names in each other's place": (
        court("TOMASZ, LEWICKI", "1982-05-25", sex="M"), probation("Tomasz", "Lewicki", "1982-05-25", sex="M")),
    "wrong birth date beside the state id": (
        court("VANTERPOOL, ELIAS", "1966-08-08", state_id="CA7654321"),
        probation("Elias", "Vanterpool", "1994-01-17", state_id="CA7654321")),
}  # fmt: skip

TWO_PERSONS = {
    "namesakes born on other days": (
        court("MWANGI, PETER", "1980-02-14", sex="M"), probation("Peter", "Mwangi", "1991-10-03", sex="M")),
    "twins": (
        court("LINDQVIST, ASTRID", "1995-05-05", sex="F"), probation("Freja", "Lindqvist", "1995-05-05", sex="F")),
    "father and son": (
        court("CASTELLANO, VITO SR", "1955-04-30", address="9 Elm St", zip="60601"),
        probation("Vito", "Castellano", "1979-04-30", suffix="JR")),
    "Jr and Sr without a birth date": (
        court("HATHAWAY, EUSTACE SR", None), probation("Eustace", "Hathaway", None, suffix="JR")),
    "birth date and sex alone": (
        court("YAMAMOTO, KENJI", "1987-03-03", sex="M"), probation("Olumide", "Adeyemi", "1987-03-03", sex="M")),
    "a state id alone": (
        court("FITZROY, HUGO", "1959-01-28", state_id="CA5550001"),
        probation("Latisha", "Broadwater", "1993-09-09", state_id="CA5550001")),
    "a common name alone": (court("SMITH, JAMES", None), probation("James", "Smith", None)),
}  # fmt: skip


@pytest.fixture(scope="module")
def town(postgres: EmbeddedServer) -> Iterator[Town]:
    from connectors.databases import drop_databases

    databases: Databases = postgres.more_databases("_link_cases")
    vault = Vault(databases.vault, VaultKeys.from_master(MASTER))
    vault.migrate()
    town = Town(vault, ProjectKey.from_master(MASTER, "test"))
    cases = [*ONE_PERSON.values(), *TWO_PERSONS.values()]
    town.deliver(COURT, *({"Number": f"C{i}", **one} for i, (one, _) in enumerate(cases)))
    town.deliver(PROBATION, *({"Number": f"P{i}", **other} for i, (_, other) in enumerate(cases)))
    town.link()
    yield town
    vault.close()
    drop_databases(databases)


@pytest.mark.parametrize("case", ONE_PERSON)
def test_one_person(town: Town, case: str) -> None:
    place = [*ONE_PERSON, *TWO_PERSONS].index(case)
    assert town.who(1)[place] == town.who(2)[place]


@pytest.mark.parametrize("case", TWO_PERSONS)
def test_two_persons(town: Town, case: str) -> None:
    place = [*ONE_PERSON, *TWO_PERSONS].index(case)
    assert town.who(1)[place] != town.who(2)[place]


def test_nobody_else_was_joined(town: Town) -> None:
    assert len({*town.who(1), *town.who(2)}) == len(ONE_PERSON) + 2 * len(TWO_PERSONS)
