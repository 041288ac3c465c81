"""The output gate: what of a restricted snapshot may stand in a public release, and nothing more.

The rule: counts of seven or fewer, zero included, are withheld, and so are those that leave so few; others are rounded
to five (`rounding`). What would tell a withheld count is withheld too, and looks the same (`grid`, `sheet`): a linear
programme looks at the grid as an attacker would who knows the rule and what adds up (`attacker`). Shares are made from
rounded counts, estimates are snapped to such (`shares`). Curves move by more than ten people (`curve`).

Looked at together: the counts of one study or of the overview, over arms, strata and successive windows, outcome by
outcome; what is withheld at one threshold of linkage is withheld at all. Pairs of rounded counts, of two thresholds or
of two releases, never show that they differ by one to seven.

Not looked at together: several studies of overlapping people, more than two releases at once, several outcomes beyond
the number of people, crossings of two strata (none is published), and what somebody knows already. An attacker who
replays the order in which more is withheld may learn which of two marks is the smaller count. Estimates of models are
rounded, and withheld where few had the outcome, but not looked at as equations for the counts behind them.
"""
