"""What was prescribed: every value of the plan with its unit and where it comes from."""

from typing import Final

from syntherm.core.plan.schema import TABLES, Leaf
from syntherm.core.plan.schema import Table as Schema
from syntherm.core.plan.values import Plan, Quantity
from syntherm.reports.table import Table
from syntherm.reports.wording import UNKNOWN, plan_name, unit_sign, with_unit

FIRST: Final = ("identity", "prescription", "heating", "limits", "guard")
_COLUMNS: Final = (("", "k"), ("value", "n"), ("where the value comes from", "s"))
_CAPTIONS: Final = {
    "identity": "Plan", "prescription": "Prescription", "heating": "Heating", "limits": "Limits",
    "scanner": "Imaging", "sonication": "Sonication", "calibration": "Calibration", "pump": "Pump",
    "target": "Target", "guard": "Guard regions", "reference": "Reference regions",
    "drug_model": "Drug model: lowest, central and highest value", "residual_dose": "Residual dose",
    "thermometry": "Thermometry watches itself", "control": "Control", "hidden_peak": "Hidden peak",
}  # fmt: skip


def prescribed(plan: Plan) -> tuple[Table, ...]:
    """The tables that everybody reads: plan, prescription, heating, limits, guard regions."""
    return tuple(_table(schema, plan) for schema in TABLES if schema.name in FIRST)


def the_rest(plan: Plan) -> tuple[Table, ...]:
    """All other tables that the plan has."""
    rest = [schema for schema in TABLES if schema.name not in FIRST]
    return tuple(_table(schema, plan) for schema in rest if getattr(plan, schema.name) is not None)


def _table(schema: Schema, plan: Plan) -> Table:
    value: object = getattr(plan, schema.name)
    sources = dict(plan.sources)
    caption = _CAPTIONS.get(schema.name, schema.name)
    if not isinstance(value, tuple):
        return Table(caption, _COLUMNS, _rows(schema, schema.name, value, sources))
    every = [_rows(schema, f"{schema.name}[{index}]", holder, sources) for index, holder in enumerate(value)]
    return Table(caption, _COLUMNS, tuple(row for rows in every for row in rows))


def _rows(schema: Schema, prefix: str, holder: object, sources: dict[str, str]) -> tuple[tuple[str, ...], ...]:
    """A row for each value; in an array of tables, each begins with its region's name."""
    region = f"{getattr(holder, 'name', '')}: " if schema.many else ""
    rows = []
    for leaf in schema.leaves:
        if schema.many and leaf.name == "name":
            continue
        unit = leaf.rule.unit if isinstance(leaf.rule, Quantity) else ""
        value: object = getattr(holder, leaf.name)
        source = sources.get(f"{prefix}.{leaf.name}", UNKNOWN)
        rows.append((region + plan_name(leaf.name, unit), _shown(leaf, value, unit), source))
    return tuple(rows)


def _shown(leaf: Leaf, value: object, unit: str) -> str:
    """The value in the digits in which it was written."""
    values = value if isinstance(value, tuple) else (value,)
    numbers = [f"{each:.12g}" if isinstance(each, float) else str(each) for each in values]
    joined = (" × " if leaf.whole else ", ").join(numbers)
    return with_unit(joined.replace("-", "−") if unit else joined, unit_sign(unit))
