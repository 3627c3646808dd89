"""What only the whole graph of states can show: that nothing is a trap, that sessions end, that nothing is dead."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from syntherm.core.properties import Property
from syntherm.core.vocabulary import REGIONS, Session
from syntherm_verify.model.explorer import Broken, Search
from syntherm_verify.model.fairness import Needed, needed
from syntherm_verify.model.space import REGION_NAMES, code

HEATING = (code(Session.HEATING), code(Session.DRUG_INFUSION_SYNC))
Mask = NDArray[np.bool_]


class Graph:
    """The edges of a finished search."""

    def __init__(self, search: Search) -> None:
        if search.edges is None:
            raise ValueError("the search kept no edges")
        self.search = search
        self.events = [compiled.event for compiled in search.model.events]
        self.count = search.seen.count
        self.edges = search.edges

    def broken(self) -> list[Broken]:
        """Claims about the whole that do not hold, each with a state that shows it; the event is -1."""
        found = []
        for claim, state in ((Property.NO_TRAP, self._trap()), (Property.ENDS, self._endless())):
            if state is not None:
                found.append(Broken(claim, state, -1))
        return found

    def _trap(self) -> int | None:
        """A state from which COMPLETE cannot be reached; with a fault that blocks for good, a new SETUP is enough."""
        session, for_good = self.search.columns["session"], self.search.columns["for_good"]
        blocked = (session == code(Session.SETUP)) & (for_good == 1)
        goal = np.flatnonzero((session == code(Session.COMPLETE)) | blocked)
        sources = np.concatenate([np.full(len(goal), self.count), *(to for _, _, to in self.edges)])
        targets = np.concatenate([goal, *(origin for _, origin, _ in self.edges)])
        back = csr_array((np.ones(len(sources), dtype=np.int8), (sources, targets)), shape=(self.count + 1,) * 2)
        reached = breadth_first_order(back, self.count, return_predecessors=False)
        caught = np.ones(self.count + 1, dtype=bool)
        caught[reached] = False
        return int(np.argmax(caught)) if caught.any() else None

    def _endless(self) -> int | None:
        """A state on a way that never leaves heating, or cooling, although everything needed goes on happening."""
        session = self.search.columns["session"]
        tick, look, cool = ([n for n, event in enumerate(self.events) if needed(event) is wanted] for wanted in Needed)
        heating = self._fair_circle(np.isin(session, HEATING), [tick, look])
        if heating is not None:
            return heating
        return self._fair_circle(session == code(Session.COOLING), [tick, look, cool])

    def _fair_circle(self, within: Mask, needed: list[list[int]]) -> int | None:
        inside = [(n, a[within[a] & within[b]], b[within[a] & within[b]]) for n, a, b in self.edges]
        sources, targets = (np.concatenate([edge[i] for edge in inside]) for i in (1, 2))
        steps = csr_array((np.ones(len(sources), dtype=np.int8), (sources, targets)), shape=(self.count,) * 2)
        _, component = connected_components(steps, directed=True, connection="strong")
        fair = np.ones(int(component.max()) + 1, dtype=bool)
        for numbers in needed:
            has = np.zeros_like(fair)
            for n, a, b in inside:
                if n in numbers:
                    circle = component[a] == component[b]
                    has[component[a[circle]]] = True
            fair &= has
        on = fair[component] & within
        return int(np.argmax(on)) if on.any() else None


def unreached(search: Search) -> list[str]:
    """States of regions that no session reaches."""
    return [
        f"{name}: {state.value}"
        for name, region in zip(REGION_NAMES, REGIONS, strict=True)
        for state in region
        if not (search.columns[name] == code(state)).any()
    ]
