"""Who is in the room, and what their hands do beside the console."""

from collections.abc import Callable
from typing import Final

from syntherm.core.guidance import Prompt
from syntherm.core.vocabulary import SetupItem, Trigger
from syntherm_sim.room import Room

CREW: Final = ("operator-a", "physicist-b")
"""Two clearly fictitious people; two are what the session needs."""
PRESS_S: Final = 3.0


def hands_on(room: Room, prompt: Prompt) -> float:
    """Do what a question asks of the room, and return how long that takes in seconds."""
    timeline = room.timeline
    tasks: list[tuple[float, Callable[[], None]]] = []
    if prompt.item is SetupItem.STOP_PATH:
        tasks = [(0.5, room.stop_button.press), (0.5 + PRESS_S, room.stop_button.release)]
    elif prompt.item is SetupItem.REGIONS:
        tasks = [(0.5, room.scanner.send_fat_map)]
    elif prompt.act is Trigger.BEGIN_CALIBRATION:
        tasks = [(0.5, room.scanner.start_dynamics)]
    for delay_s, task in tasks:
        timeline.at(timeline.now_s() + delay_s, task)
    return max((delay_s for delay_s, _ in tasks), default=0.0) + (2.0 if tasks else 0.0)
