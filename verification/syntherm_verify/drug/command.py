"""`python -m syntherm_verify.drug.command`: the drug model beside the stiff solver and beside published figures."""

import sys

from syntherm.core.drug.literature import LITERATURE
from syntherm_verify.drug.against import compare
from syntherm_verify.drug.published import published

SAMPLED = 11
PLACES = (0, 1, 4, 7)
LARGEST_APART = 0.01


def main() -> int:
    """Print both tables. Exit code 1 when the steps and the solver are more than a hundredth apart at any plateau."""
    print("| course | member | quantity | of its largest | of itself |\n|---|---|---|---|---|")
    rows = compare(LITERATURE, PLACES, SAMPLED)
    for apart in rows:
        print(
            f"| {apart.course} | {apart.member} | {apart.quantity} | {apart.of_largest:.1e} | {apart.of_itself:.1e} |"
        )
    print("\n| what | published | central | interval | in interval | central within a fifth | remark |")
    print("|---|---|---|---|---|---|---|")
    for row in published(LITERATURE, SAMPLED):
        print(
            f"| {row.name} | {row.published} | {row.central:.3g} | {row.least:.3g} to {row.most:.3g} | "
            f"{'yes' if row.inside else 'no'} | {'yes' if row.central_inside else 'no'} | {row.remark} |"
        )
    return int(any(apart.of_itself > LARGEST_APART for apart in rows if apart.course == "plateaus"))


if __name__ == "__main__":
    sys.exit(main())
