"""Drafts a contract from a sample file: what a person then only needs to review.

It errs towards protecting: what may say who a person is, or is not understood, is never kept in clear. No cell of the
sample is in a draft but the texts of codes, open ends and null texts.
"""

from schemas.draft.drafting import Draft, draft

__all__ = ["Draft", "draft"]
