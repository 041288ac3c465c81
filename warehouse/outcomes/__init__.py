"""Outcomes from the timelines: definitions, cohort, observation, first events, values, rates.

Everything is a function of the tables ``event``, ``span``, ``participant`` and ``coverage`` in a DuckDB
connection; nothing looks at a clock. Definitions follow "Outcomes" in the project's standards.
"""
