"""The Cox models of a study: unadjusted, adjusted, weighted, and the naive ratio that nobody should believe."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp

import polars as pl

from warehouse.estimate.balance import balance
from warehouse.estimate.cox import CoxFit, cox
from warehouse.estimate.design import design_matrix
from warehouse.estimate.e_value import e_value
from warehouse.estimate.errors import NotEstimable
from warehouse.estimate.weighting import overlap, propensity, weights
from warehouse.study.contract import Study
from warehouse.study.tables import BALANCE, EFFECT

RARE = 0.15
"""Up to this share with the outcome a hazard ratio stands for a risk ratio."""
EXPOSED = "exposed"
_WHO = "participant_key"


@dataclass(frozen=True)
class Warned:
    """Something that a reader must know: outcome (empty: the study), code, and the sentence."""

    outcome: str
    code: str
    text: str


@dataclass
class Models:
    """Fits the models of a study to its rows at risk; what cannot be fitted becomes a warning."""

    study: Study
    risk: pl.DataFrame
    threshold: float
    warned: list[Warned]

    @property
    def varying(self) -> bool:
        """Whether exposure starts later, so that a person has several rows."""
        return self.study.exposure.kind == "time_varying"

    @property
    def random(self) -> bool:
        """Whether a lottery decided."""
        return self.study.exposure.assignment == "random"

    def effects(self, full: bool = True) -> pl.DataFrame:
        """The table ``study_effect``; not ``full``: only exposure, adjusted, as a strict threshold shows it."""
        rows: list[dict[str, object]] = []
        for outcome in self.study.outcomes:
            part = self.risk.filter(pl.col("outcome") == outcome.name)
            if part.height:
                rows += self._of_outcome(outcome.name, part, full)
        return pl.DataFrame(rows, schema=EFFECT)

    def balance(self) -> pl.DataFrame:
        """The table ``study_balance``: people of the arms; where exposure starts later, their stretches of time."""
        part = self.risk.filter(pl.col("outcome") == self.study.outcomes[0].name)
        names = [covariate.name for covariate in self.study.covariates]
        part, _ = self._complete(part, "")
        if not names or not 0 < part[EXPOSED].sum() < part.height:
            return BALANCE.to_frame()
        try:
            share, weight = self._weighted(part, names)
        except NotEstimable as problem:
            self.warned.append(Warned("", "not_estimable", f"propensity: {problem}"))
            share, weight = None, None
        table = balance(part, EXPOSED, names, weight if weight is not None else pl.repeat(1.0, part.height, eager=True))
        told = (pl.lit(self.study.name).alias("study"), pl.lit(share, pl.Float64).alias("overlap"))
        weighted = pl.col("weighted_difference") if weight is not None else pl.lit(None, pl.Float64)
        table = table.with_columns(*told, weighted.alias("weighted_difference")).select(BALANCE.names())
        self._warn_of_balance(table, share)
        return table

    def _of_outcome(self, outcome: str, part: pl.DataFrame, full: bool) -> Iterator[dict[str, object]]:
        why = _hopeless(part)
        if why:
            self.warned.append(Warned(outcome, "not_estimable", why))
            return
        known, missing = self._complete(part, outcome)
        if missing and full:
            text = f"{missing} persons lack a number among the covariates: they are left out of the adjusted model"
            self.warned.append(Warned(outcome, "incomplete_covariate", text))
        designed, terms = self._designed(known)
        if full:
            yield from self._fitted(outcome, "cox_unadjusted", "marginal", part, [EXPOSED])
            if self.varying:
                yield from self._fitted(outcome, "naive_ever_never", "marginal", _ever_never(part), [EXPOSED])
            elif not self.random and terms:
                yield from self._by_weight(outcome, known)
        if terms:
            yield from self._fitted(outcome, "cox_adjusted", "conditional", designed, [EXPOSED, *terms], full)
        elif not full:
            yield from self._fitted(outcome, "cox_unadjusted", "marginal", part, [EXPOSED], full)

    def _complete(self, part: pl.DataFrame, outcome: str) -> tuple[pl.DataFrame, int]:
        """Rows of persons with every number known, and how many persons are without."""
        numbers = [covariate.name for covariate in self.study.covariates if covariate.number]
        known = part.drop_nulls(numbers) if numbers else part
        return known, part[_WHO].n_unique() - known[_WHO].n_unique() if known.height < part.height else 0

    def _designed(self, part: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
        """Covariates as numbers: a category against its reference, where the study names one."""
        terms: list[str] = []
        for covariate in self.study.covariates:
            levels = part[covariate.name].unique().sort().to_list() if covariate.reference is not None else []
            if covariate.reference in levels:
                made = {f"{covariate.name}={level}": level for level in levels if level != covariate.reference}
                part = part.with_columns(
                    (pl.col(covariate.name) == level).cast(pl.Float64).alias(name) for name, level in made.items()
                )
                terms += made
            else:
                part, names = design_matrix(part, [covariate.name])
                terms += names
        return part, terms

    def _by_weight(self, outcome: str, part: pl.DataFrame) -> Iterator[dict[str, object]]:
        try:
            _, weight = self._weighted(part, [covariate.name for covariate in self.study.covariates])
        except NotEstimable as problem:
            self.warned.append(Warned(outcome, "not_estimable", f"cox_weighted: {problem}"))
            return
        if weight is not None:
            yield from self._fitted(outcome, "cox_weighted", "marginal", part.with_columns(weight), [EXPOSED])

    def _weighted(self, part: pl.DataFrame, names: list[str]) -> tuple[float | None, pl.Series | None]:
        """Overlap of the arms and overlap weights; none where exposure starts later or was drawn by lot."""
        differing = [name for name in names if part[name].n_unique() > 1]
        if self.varying or self.random or not differing:
            return None, None
        p = propensity(part, EXPOSED, differing)
        return overlap(p, part[EXPOSED]), weights(p, part[EXPOSED]).alias("weight")

    def _fitted(
        self, outcome: str, method: str, estimand: str, part: pl.DataFrame, terms: list[str], every: bool = True
    ) -> Iterator[dict[str, object]]:
        """The rows of a model, or a warning why there is none."""
        entries = method != "naive_ever_never" and self.varying
        weight = "weight" if method == "cox_weighted" else None
        cluster = _WHO if self.varying or not self.random else None
        try:
            fit = cox(
                part.with_columns(pl.col("status") == 1), terms, start="start" if entries else None, stop="stop",
                event="status", cluster=cluster, weight=weight, person=_WHO,
            )  # fmt: skip
        except NotEstimable as problem:
            if every:
                self.warned.append(Warned(outcome, "not_estimable", f"{method}: {problem}"))
            return
        if every and fit.left_out:
            text = (
                f"{method}: {', '.join(fit.left_out)} left out: it does not vary, or the event comes on one side only"
            )
            self.warned.append(Warned(outcome, "term_left_out", text))
        if every and method == "cox_adjusted" and fit.events < 10 * len(terms):
            text = f"{fit.events} events for {len(terms)} terms: the adjusted model leans on few people"
            self.warned.append(Warned(outcome, "few_events", text))
        for row in fit.table.iter_rows(named=True):
            if every or row["term"] == EXPOSED:
                yield self._row(outcome, method, estimand, fit, row)

    def _row(self, outcome: str, method: str, estimand: str, fit: CoxFit, row: dict[str, float]) -> dict[str, object]:
        ratio, low, high = exp(row["coefficient"]), exp(row["low"]), exp(row["high"])
        strength: tuple[float | None, float | None] = (None, None)
        if str(row["term"]) == EXPOSED and not self.random and method != "naive_ever_never":
            strength = e_value(ratio, low, high, fit.events <= RARE * fit.persons)
        return {
            "study": self.study.name, "outcome": outcome, "threshold": self.threshold, "method": method,
            "term": row["term"], "coefficient": row["coefficient"],
            "se": row["se"] if row["robust_se"] is None else row["robust_se"], "low": row["low"], "high": row["high"],
            "ratio": ratio, "ratio_low": low, "ratio_high": high, "p": row["p"], "scale": "hazard_ratio",
            "estimand": estimand, "persons": fit.persons, "events": fit.events, "log_likelihood": fit.log_likelihood,
            "e_value": strength[0], "e_value_limit": strength[1],
        }  # fmt: skip

    def _warn_of_balance(self, table: pl.DataFrame, share: float | None) -> None:
        if share is not None and share < 0.5:
            text = f"the propensities of the arms have {share:.0%} in common: weights rest on few people"
            self.warned.append(Warned("", "little_overlap", text))
        worst = table.filter(pl.col("weighted_difference").abs() > 0.1).height
        if worst:
            text = f"{worst} levels of covariates differ by more than .1 standard deviations after weighting too"
            self.warned.append(Warned("", "imbalance", text))


def _hopeless(part: pl.DataFrame) -> str | None:
    """Why no model of exposure can be fitted at all."""
    if not (part["status"] == 1).any():
        return "nobody has the outcome"
    if part[EXPOSED].n_unique() < 2:
        return "everybody is exposed" if part[EXPOSED].max() == 1 else "nobody is exposed"
    return None


def _ever_never(part: pl.DataFrame) -> pl.DataFrame:
    """One row a person, exposed from the start if ever: immortal time counted as exposed."""
    return part.group_by(_WHO, maintain_order=True).agg(
        pl.col("stop").max(), pl.col("status").max(), pl.col(EXPOSED).max()
    )
