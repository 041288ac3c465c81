"""Why an estimate cannot be made from the data that there are."""

from schemas.errors import ThroughcareError


class NotEstimable(ThroughcareError):
    """The data do not determine the estimate; the message names terms and counts, no value of a person."""
