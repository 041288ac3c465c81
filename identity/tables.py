"""The vault's tables: the only database that holds identifiers, and those only encrypted or as keyed digests.

All ids of subjects (identities, numbers, aliases) are random and drawn from one 63-bit space.
"""

from typing import Final

import sqlalchemy as sa

SCHEMA: Final = "vault"

metadata = sa.MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def _id(name: str, comment: str, *, key: bool = False, null: bool = False) -> sa.Column[int]:
    return sa.Column(
        name, sa.BigInteger, primary_key=key, autoincrement=False, nullable=null and not key, comment=comment
    )


seal = sa.Table(
    "seal", metadata,
    sa.Column("one", sa.SmallInteger, primary_key=True, autoincrement=False, comment="Always 1: there is one seal"),
    sa.Column("sealed", sa.LargeBinary, nullable=False, comment="A constant, encrypted under the vault's key"),
    sa.CheckConstraint("one = 1", name="one"),
    comment="Tells the vault's own key from any other before anything is read or written under it",
)  # fmt: skip

extract = sa.Table(
    "extract", metadata,
    _id("extract_id", "The extract's number in the ledger", key=True),
    sa.Column("feed", sa.Text, nullable=False, comment="Name of the feed"),
    sa.Column("agency", sa.Text, nullable=False, comment="Name of the agency"),
    sa.Column("state", sa.Text, nullable=False, comment="staged until the warehouse has the rows"),
    sa.Column("data_key", sa.LargeBinary, nullable=False, comment="Key of the extract's blobs, wrapped"),
    _id("batch_id", "The link batch that took the extract in", null=True),
    sa.Column("namespace", sa.Text, nullable=True, comment="Namespace of the numbers that its rows' persons have"),
    sa.Column("register", sa.Boolean, nullable=False, server_default=sa.false(),
              comment="Whether the contract says that each person has one of these numbers"),
    sa.CheckConstraint("state IN ('staged', 'confirmed', 'discarded')", name="state"),
    comment="What the vault knows of an extract; confirming one is one update",
)  # fmt: skip

namespace = sa.Table(
    "namespace", metadata,
    sa.Column("namespace_id", sa.SmallInteger, sa.Identity(), primary_key=True, comment="Short number"),
    sa.Column("name", sa.Text, nullable=False, unique=True, comment="agency.number"),
    comment="Namespaces of the agencies' own numbers",
)  # fmt: skip

key = sa.Table(
    "key", metadata,
    sa.Column("namespace_id", sa.SmallInteger, primary_key=True, autoincrement=False, comment="Whose number it is"),
    sa.Column("digest", sa.Uuid, primary_key=True, comment="Blind digest of the value: AES-256-CMAC"),
    _id("surrogate", "Random stand-in of the value in the warehouse"),
    _id("extract_id", "The extract that brought it first"),
    comment="Agency numbers by blind digest; the values themselves are not stored",
)  # fmt: skip

record = sa.Table(
    "record", metadata,
    _id("identity_id", "Random id of one distinct set of identifiers under one number", key=True),
    sa.Column("digest", sa.Uuid, nullable=False, comment="Blind digest of number and identifiers"),
    _id("number_id", "Surrogate of the agency's number; null where the row had none", null=True),
    _id("extract_id", "The extract that brought it first: its key opens the blob"),
    sa.Column("row_number", sa.Integer, nullable=False, comment="The first row that carried it"),
    sa.Column("blob", sa.LargeBinary, nullable=False, comment="The identifiers, AES-256-GCM"),
    sa.Index(None, "extract_id", postgresql_using="brin"),

    comment="Identities: sets of identifiers as agencies delivered them, encrypted",
)  # fmt: skip

sighting = sa.Table(
    "sighting", metadata,
    _id("extract_id", "The extract"),
    _id("subject_id", "An identity, a bare number or an alias that its rows are about"),
    sa.Column("kind", sa.SmallInteger, nullable=False, comment="1 identity, 2 bare number, 3 alias"),
    sa.Index(None, "extract_id", postgresql_using="brin"),
    comment="The subjects of each extract",
)  # fmt: skip

alias = sa.Table(
    "alias", metadata,
    _id("extract_id", "The extract that ties them"),
    _id("alias_id", "Surrogate of a key by which other feeds find the person"),
    _id("member_id", "The subject (identity or number) it belongs to"),
    sa.Index(None, "extract_id", postgresql_using="brin"),
    comment="Keys that stand for a subject (a party of a case), as each extract says",
)  # fmt: skip

tie = sa.Table(
    "tie", metadata,
    _id("alias_id", "The alias", key=True),
    _id("member_id", "The subject it stands for", key=True),
    sa.Index(None, "member_id"),
    comment="The linker's copy of alias, without repetitions and with the indexes that loading need not pay for",
)  # fmt: skip

block = sa.Table(
    "block", metadata,
    _id("identity_id", "The identity"),
    _id("block_key", "63 bits of AES-256-CMAC(rule, value)"),
    sa.Index(None, "block_key"),
    comment="Blind block keys of small batches: identities that share one are compared",
)  # fmt: skip

block_run = sa.Table(
    "block_run", metadata,
    _id("run_id", "The link batch that wrote it", key=True),
    sa.Column("fences", sa.LargeBinary, nullable=False, comment="The first key of each page, eight bytes each"),
    comment="Blind block keys of large batches, in sorted pages",
)  # fmt: skip

block_page = sa.Table(
    "block_page", metadata,
    _id("run_id", "The run", key=True),
    sa.Column("page", sa.Integer, primary_key=True, autoincrement=False, comment="Its place in the run, from 0"),
    sa.Column("entries", sa.LargeBinary, nullable=False, comment="Sorted keys, then their identities"),
    comment="Pages of the runs",
)  # fmt: skip

shared_value = sa.Table(
    "shared_value", metadata,
    _id("block_key", "Block key of the value", key=True),
    sa.Column("kind", sa.SmallInteger, nullable=False, comment="0 name, else the place of the field in blocks.IDS"),
    comment="Values that are carried by too many to identify anybody",
)  # fmt: skip

edge = sa.Table(
    "edge", metadata,
    _id("left_id", "The lower identity", key=True),
    _id("right_id", "The higher identity", key=True),
    sa.Column("weight", sa.Double, nullable=False, comment="Match weight with prior, in bits"),
    sa.Column("vetoed", sa.Boolean, nullable=False, comment="Whether a rule forbids that the two are one person"),
    sa.Column("contradicts", sa.Boolean, nullable=False, comment="Whether one number would serve two people"),
    sa.Index(None, "right_id"),
    comment="Pairs that may be one person and were not joined: what review looks at",
)  # fmt: skip

unpaired = sa.Table(
    "unpaired", metadata,
    _id("identity_id", "An identity of a register", key=True),
    _id("rank", "Its rank by content"),
    _id("register_id", "That register: the first digits of its namespace's digest"),
    _id("other_id", "The register in which its group has nobody", key=True),
    _id("lead_id", "The identity after which its group is named"),
    sa.Index(None, "register_id", "other_id"),
    comment="Who has no counterpart in another register by weights alone",
)  # fmt: skip

unpaired_join = sa.Table(
    "unpaired_join", metadata,
    _id("left_id", "The lead of one group", key=True),
    _id("right_id", "The lead of the other", key=True),
    sa.Column("probability", sa.Double, nullable=False, comment="That they are one person"),
    comment="Groups that were joined because no others are left",
)  # fmt: skip

person = sa.Table(
    "person", metadata,
    sa.Column("person_id", sa.Uuid, primary_key=True, comment="Random id"),
    _id("batch_id", "The batch that made it"),
    _id("retired_batch_id", "The batch in which its last member left it", null=True),
    comment="Persons, living and retired",
)  # fmt: skip

membership = sa.Table(
    "membership", metadata,
    _id("subject_id", "Identity, number or alias", key=True),
    _id("number_id", "The number under which an identity came", null=True),
    sa.Column("person_id", sa.Uuid, nullable=True, comment="The person; null where assigned to nobody"),
    sa.Column("status", sa.Text, nullable=False, comment="codes.SUBJECT_STATUSES"),
    sa.Column("probability", sa.Double, nullable=False, comment="That the subject is that person"),
    sa.Column("number_only", sa.Boolean, nullable=False, comment="A bare number that is a participant of its own"),
    _id("component_id", "What pairs, numbers and decisions tie together; null for what is no identity", null=True),
    _id("batch_id", "The batch that said so last"),
    sa.Index(None, "number_id"),
    sa.Index(None, "person_id"),
    sa.Index(None, "component_id"),
    sa.Index(None, "batch_id", postgresql_using="brin"),
    comment="The partition of subjects into persons",
)  # fmt: skip

strict = sa.Table(
    "strict", metadata,
    _id("subject_id", "Identity, number or alias", key=True),
    _id("percent", "The threshold in per cent", key=True),
    _id("lead", "Names the part: the lowest rank in it"),
    comment="Subjects that at a stricter threshold are in another part of their person than most of it",
)  # fmt: skip

person_event = sa.Table(
    "person_event", metadata,
    _id("batch_id", "The batch", key=True),
    sa.Column("kind", sa.Text, primary_key=True, comment="merge, split or retire"),
    sa.Column("from_person_id", sa.Uuid, primary_key=True, comment="Whose members moved"),
    sa.Column("to_person_id", sa.Uuid, primary_key=True, comment="Where they moved"),
    sa.Column("members", sa.Integer, nullable=False, comment="Number of subjects moved"),
    comment="Every merge and split, and every person that went without another in its place",
)  # fmt: skip

batch = sa.Table(
    "batch", metadata,
    sa.Column("batch_id", sa.BigInteger, sa.Identity(), primary_key=True, comment="Running number"),
    sa.Column("state", sa.Text, nullable=False, comment="pending until the warehouse has it"),
    sa.Column("model_version", sa.Text, nullable=False, comment="Which model linked it"),
    sa.Column("project", sa.Text, nullable=False, comment="The project whose participant keys it states"),
    sa.Column("key_version", sa.Integer, nullable=False, comment="Version of the project's key"),
    sa.Column("project_key", sa.LargeBinary, nullable=False, comment="The project's key, wrapped"),
    sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now(), comment="When"),
    sa.Column("reason", sa.Text, nullable=True,
              comment="Why persons moved: records, decision, model, size, register, key, relink"),
    sa.Column("identities", sa.BigInteger, nullable=True,
              comment="Identities linked in all: the prior is sized to them"),
    sa.Column("registers", sa.ARRAY(sa.Text), nullable=True, comment="Namespaces that hold each person once"),
    sa.Column("quality", sa.LargeBinary, nullable=True, comment="What was measured of the batch, an Arrow table"),
    sa.Column("shares", sa.LargeBinary, nullable=True, comment="What is expected of each identity's links, the same"),
    sa.CheckConstraint("state IN ('pending', 'applied')", name="state"),
    comment="The journal of link batches",
)  # fmt: skip
