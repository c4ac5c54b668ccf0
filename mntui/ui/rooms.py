"""All screens, by the place that a person wants to go to, and the desk that they share; kept up to date from here."""

import asyncio
from collections.abc import Callable, Iterator

from mntui.engines.base import Engine
from mntui.ui.desk import Desk
from mntui.ui.given import Given
from mntui.ui.going import Go
from mntui.ui.guard import Guard
from mntui.ui.keys import PANES, of_scope, shown_keys
from mntui.ui.overview import Overview, keep_looking
from mntui.ui.screens.approvals import ApprovalsScreen
from mntui.ui.screens.blueprint import BlueprintScreen
from mntui.ui.screens.compare import CompareScreen
from mntui.ui.screens.doctor import DoctorScreen
from mntui.ui.screens.help import HelpScreen
from mntui.ui.screens.home import HomeScreen
from mntui.ui.screens.page import Page
from mntui.ui.screens.palette import Offer
from mntui.ui.screens.run import RunScreen
from mntui.ui.screens.scorecard import ScorecardScreen
from mntui.ui.shelf import shelves
from mntui.ui.spending import asked, of_runs

SPENDING_SECONDS = 3.0
Changed = Callable[[Overview, Overview], None]


class Rooms:
    def __init__(self, given: Given, engine: Engine, guard: Guard) -> None:
        self.desk = Desk(given, engine, guard)

    def home(self) -> Page:
        return HomeScreen(self.desk)

    def open(self, where: Go) -> Page:
        screens: dict[str, Callable[[], Page]] = {
            "run": lambda: RunScreen(self.desk, where.what),
            "approvals": lambda: ApprovalsScreen(self.desk, where.what),
            "blueprint": lambda: BlueprintScreen(self.desk, where.what),
            "compare": lambda: CompareScreen(self.desk, where.what),
            "scorecard": lambda: ScorecardScreen(self.desk),
            "doctor": lambda: DoctorScreen(self.desk),
            "help": lambda: HelpScreen(self.desk, where.what),
        }
        return screens[where.place]()

    def offers(self, scope: str) -> Iterator[Offer]:
        """The table of keys without those that answer, then places: approvals, blueprints, runs."""
        for key in of_scope(scope, PANES, "app"):
            if key.label and not key.answers and key.id not in {"app.palette", "app.command"}:
                yield Offer(key.label, shown_keys(key.keys.split(",")[0]), key.about, key.action)
        if scope != "home":
            yield Offer("approvals", "", "All that waits for you.", Go("approvals"))
            yield Offer("scorecard", "", "How well blueprints do on golden suites.", Go("scorecard"))
            yield Offer("doctor", "", "What this machine has, and what is missing.", Go("doctor"))
        for each in self.desk.shelf:
            yield Offer(f"blueprint {each.name}", "", each.state, Go("blueprint", each.name))
        for row in self.desk.overview.rows:
            yield Offer(f"run {row.run}", "", f"{row.blueprint}, {row.status}", Go("run", row.run))

    async def keep(self, changed: Changed) -> None:
        """Keep the desk up to date until cancelled, and say so each time."""
        async with asyncio.TaskGroup() as together:
            together.create_task(self._keep_overview(changed))
            together.create_task(self._keep_shelf(changed))
            together.create_task(self._keep_spending(changed))

    async def _keep_overview(self, changed: Changed) -> None:
        desk = self.desk

        def looked(overview: Overview) -> None:
            before, desk.overview = desk.overview, overview
            changed(before, overview)

        await keep_looking(desk.engine, looked, desk.wake, desk.given.look_seconds)

    async def _keep_shelf(self, changed: Changed) -> None:
        given = self.desk.given
        async for held in shelves(given.load, given.home, given.cwd):
            self.desk.shelf = held
            changed(self.desk.overview, self.desk.overview)

    async def _keep_spending(self, changed: Changed) -> None:
        """Asked of the journal when runs have cost more since the last time; until it answers, told by the runs."""
        desk, told = self.desk, -1
        while True:
            cost = sum(row.cost_micros for row in desk.overview.rows)
            if cost != told:
                spending = await asked(desk.engine, desk.given.now())
                told = cost if spending is not None else -1
                desk.spending = spending or of_runs(desk.overview.rows)
                changed(desk.overview, desk.overview)
            await asyncio.sleep(SPENDING_SECONDS)
