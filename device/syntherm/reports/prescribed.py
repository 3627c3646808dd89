"""What was prescribed: every value of the plan with its unit and where it comes from."""

from typing import Final

from syntherm.core.plan.schema import TABLES, Leaf
from syntherm.core.plan.schema import Table as Schema
from syntherm.core.plan.values import Plan, Quantity
from syntherm.reports.table import Table
from syntherm.reports.wording import plan_name, unit_sign, with_unit

FIRST: Final = ("identity", "prescription", "heating", "limits")
_COLUMNS: Final = (("", "k"), ("value", "n"), ("where the value comes from", "s"))
_CAPTIONS: Final = {
    "identity": "Plan", "prescription": "Prescription", "heating": "Heating", "limits": "Limits",
    "scanner": "Imaging", "sonication": "Sonication", "calibration": "Calibration", "pump": "Pump",
    "target": "Target", "guard": "Guard region", "reference": "Reference region",
}  # fmt: skip


def prescribed(plan: Plan) -> tuple[Table, ...]:
    """The tables that everybody reads: plan, prescription, heating, limits, guard regions."""
    return tuple(
        table for schema in TABLES if schema.name in (*FIRST, "guard") for table in _tables(schema, plan)
    )


def the_rest(plan: Plan) -> tuple[Table, ...]:
    """All other tables of the plan."""
    return tuple(
        table for schema in TABLES if schema.name not in (*FIRST, "guard") for table in _tables(schema, plan)
    )


def _tables(schema: Schema, plan: Plan) -> tuple[Table, ...]:
    value: object = getattr(plan, schema.name)
    sources = dict(plan.sources)
    caption = _CAPTIONS.get(schema.name, schema.name)
    if not isinstance(value, tuple):
        return (_table(caption, schema, schema.name, value, sources),)
    return tuple(
        _table(f"{caption}: {getattr(row, 'name', index)}", schema, f"{schema.name}[{index}]", row, sources)
        for index, row in enumerate(value)
    )


def _table(caption: str, schema: Schema, prefix: str, holder: object, sources: dict[str, str]) -> Table:
    rows = []
    for leaf in schema.leaves:
        if schema.many and leaf.name == "name":
            continue
        unit = leaf.rule.unit if isinstance(leaf.rule, Quantity) else ""
        value: object = getattr(holder, leaf.name)
        source = sources.get(f"{prefix}.{leaf.name}", "not known")
        rows.append((plan_name(leaf.name, unit), _shown(leaf, value, unit), source))
    return Table(caption, _COLUMNS, tuple(rows))


def _shown(leaf: Leaf, value: object, unit: str) -> str:
    """The value in the digits in which it was written."""
    values = value if isinstance(value, tuple) else (value,)
    numbers = [f"{each:g}" if isinstance(each, float) else str(each) for each in values]
    joined = (" × " if leaf.whole else ", ").join(numbers).replace("-", "−" if unit else "-")
    return with_unit(joined, unit_sign(unit))
