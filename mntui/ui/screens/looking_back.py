"""A run's screen that can look back: what is shown is the run as it was at an earlier fact, until esc.

Looking back changes nothing and answers nothing: what waits is only shown where it is now.
"""

from mntui.core.telling import tell
from mntui.core.words import span
from mntui.ui.desk import Desk
from mntui.ui.drawing.text import Line
from mntui.ui.live import Seen
from mntui.ui.pages.write import fit, line
from mntui.ui.past import Past
from mntui.ui.screens.steering import SteeringPage
from mntui.ui.widgets.lines import OneLine


class LookingBackPage(SteeringPage):
    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk, name)
        self.past = Past()
        self.past_line = OneLine(id="past")

    @property
    def shown(self) -> Seen | None:
        """The run where the person looks: now, or then."""
        return self.past.seen(self.seen) if self.seen is not None else None

    @property
    def looks_back(self) -> bool:
        return self.past.at is not None

    def shown_at(self) -> int:
        """The instant that is shown, in microseconds."""
        then = self.past.at
        return self.seen.facts[then - 1].at if self.seen is not None and then else self.desk.given.now()

    def draw_past(self) -> None:
        self.set_class(self.looks_back, "-past")
        self.past_line.show(lambda width: [past_line(self.seen, self.past.at, width)])

    def action_past(self, facts: int) -> None:
        if self.seen is not None:
            self.past.move(self.seen, facts)
            self.look()

    def step_back(self) -> bool:
        was, self.past.at = self.looks_back, None
        self.look()
        return super().step_back() or was


def past_line(now: Seen | None, then: int | None, width: int) -> Line:
    """`◂ fact 34 of 120 at 3.2s: books began    ←/→ one  ⇧←/⇧→ ten  esc now`."""
    if now is None or then is None:
        return ()
    fact = now.facts[then - 1]
    told = tell(fact.event)
    place = f"{told.path} " if told.path else ""
    at = span(fact.at - now.run.started_at)
    where = (f" ◂ as it was at fact {then} of {len(now.facts)}, {at}: ", "warn")
    return fit(line(where, (f"{place}{told.sentence}", "value"), ("   esc: now", "muted")), width)
