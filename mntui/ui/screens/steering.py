"""Steering a run from its screen: each key is one request, which the run may refuse; nothing changes here."""

from dataclasses import replace

from mntui.core import requests as r
from mntui.core.messages import Denied, Start
from mntui.ui.desk import Desk, told
from mntui.ui.going import Go
from mntui.ui.live import Seen
from mntui.ui.screens.answers import AnswersPage
from mntui.ui.screens.exporting import export_run
from mntui.ui.screens.starting import begin_run
from mntui.ui.screens.sure import SureScreen


class SteeringPage(AnswersPage):
    """A screen of one run; `seen` is None until its first facts have come."""

    def __init__(self, desk: Desk, name: str) -> None:
        super().__init__(desk)
        self.run_name = name
        self.seen: Seen | None = None

    def follow(self) -> None:
        """Follow the run (again): a retry opens one that has ended."""

    def action_pause(self) -> None:
        if self.seen is not None and self.seen.run.paused:
            self._request(r.Resume(), "It goes on.")
        else:
            self._request(r.Pause(), "Paused: nothing more is begun. p goes on.")

    def action_cancel(self) -> None:
        def decided(sure: bool | None) -> None:
            if sure:
                self._request(r.Cancel(), "It is being cancelled: effects in flight are let end.")

        question = f"Cancel {self.run_name}? Nothing more is begun; effects in flight are let end."
        self.app.push_screen(SureScreen(self.desk, question), decided)

    def action_retry(self) -> None:
        self._request(r.Retry(), "What failed is done again; what was finished is kept.")

    def action_rerun(self) -> None:
        if self.seen is None:
            return
        run = self.seen.run

        def decided(sure: bool | None) -> None:
            if sure:
                given = self.desk.given
                start = Start("", str(given.cwd), dict(run.inputs), dict(run.models), again_of=run.name)
                self.begin(begin_run(self, replace(start, actor=given.person)))

        question = "Start a new run from the same inputs? Models and tools are called again, effects with new keys."
        self.app.push_screen(SureScreen(self.desk, question), decided)

    def action_compare(self) -> None:
        self.post_message(Go("compare", self.run_name))

    def action_other_run(self, way: int) -> None:
        """The runs are listed newest first."""
        names = [row.run for row in self.desk.overview.rows]
        at = names.index(self.run_name) + way if self.run_name in names else -1
        if 0 <= at < len(names):
            self.post_message(Go("run", names[at], instead=True))
        else:
            self.say("There is no further run.")

    def action_export(self) -> None:
        if self.seen is not None:
            export_run(self, self.seen)

    def _request(self, request: r.Request, done: str) -> None:
        async def send() -> None:
            reply = await self.desk.send(self.run_name, request)
            if isinstance(reply, Denied):
                self.say(told(reply), "bad")
            else:
                self.say(done, "good")
                self.follow()

        self.begin(send())
