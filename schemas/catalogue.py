"""Which feeds and agreements there are: modules of `schemas.feeds` and `schemas.agreements`, found by being there."""

import pkgutil
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

import schemas.agreements
import schemas.feeds
from schemas.agreement import Agreement, check_named
from schemas.columns import Key
from schemas.contract import Feed
from schemas.declared import declared
from schemas.errors import ContractError
from schemas.terms import Via


@lru_cache(maxsize=1)
def feeds() -> Mapping[str, Feed]:
    """All feeds by name; `ContractError` where one contradicts itself or another."""
    found = [_load(module.name) for module in pkgutil.iter_modules(schemas.feeds.__path__)]
    check_together(found)
    for feed in found:
        check_named(feed, agreements().get(feed.agreement))
    return MappingProxyType({feed.name: feed for feed in sorted(found, key=lambda feed: feed.name)})


@lru_cache(maxsize=1)
def agreements() -> Mapping[str, Agreement]:
    """All agreements by name; `ContractError` where one contradicts itself."""
    found = [_load_agreement(module.name) for module in pkgutil.iter_modules(schemas.agreements.__path__)]
    return MappingProxyType({agreement.name: agreement for agreement in sorted(found, key=lambda found: found.name)})


def agreement_of(feed: Feed) -> Agreement:
    """The agreement under which a feed is delivered; `ContractError` where it is stated nowhere."""
    agreement = agreements().get(feed.agreement)
    check_named(feed, agreement)
    assert agreement is not None
    return agreement


def feeds_of(agency: str) -> tuple[Feed, ...]:
    """The feeds that an agency sends, by name."""
    return tuple(feed for feed in feeds().values() if feed.agency == agency)


def match(file_name: str, agency: str) -> tuple[Feed, ...]:
    """The feeds of the agency that a file of this name delivers: none, one, or several for an archive."""
    return tuple(feed for feed in feeds_of(agency) if feed.matches(file_name))


def check_together(found: Iterable[Feed]) -> None:
    """Refuse feeds that contradict each other; `ContractError` names feed and column."""
    together = tuple(found)
    for feed in together:
        _check_via(feed, together)
        _check_shares(feed, together)


def _load(module: str) -> Feed:
    return declared(f"schemas.feeds.{module}", "FEED", Feed, lambda feed: feed.name, ContractError)


def _load_agreement(module: str) -> Agreement:
    path = f"schemas.agreements.{module}"
    return declared(path, "AGREEMENT", Agreement, lambda agreement: agreement.module, ContractError)


def _check_via(feed: Feed, together: tuple[Feed, ...]) -> None:
    if not isinstance(feed.subject, Via):
        return
    namespace = feed.subject.namespace
    if not any(_names_person(other, namespace) and _may_join(other, feed, namespace) for other in together):
        raise ContractError(feed.name, feed.namespaces[namespace][0], f"no feed ties {namespace} to a person")


def _names_person(feed: Feed, namespace: str) -> bool:
    return isinstance(feed.subject, Key) and feed.subject.namespace != namespace and namespace in feed.namespaces


def _may_join(one: Feed, other: Feed, namespace: str) -> bool:
    return one.agency == other.agency or (namespace in one.shares and namespace in other.shares)


def _check_shares(feed: Feed, together: tuple[Feed, ...]) -> None:
    for namespace in feed.shares:
        if namespace not in feed.namespaces:
            raise ContractError(feed.name, "shares", f"states {namespace}, which no column has as a key")
        others = [other for other in together if other.agency != feed.agency and namespace in other.shares]
        if not others:
            raise ContractError(feed.name, feed.namespaces[namespace][0], f"shares {namespace} with no other agency")
        owner = namespace.split(".")[0]
        if owner not in {feed.agency, *(other.agency for other in others)}:
            raise ContractError(feed.name, feed.namespaces[namespace][0], f"shares {namespace}, but {owner} does not")
