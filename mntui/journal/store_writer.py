"""Batches and folds into one file of the index, for a live index and for one that is being built."""

import logging
import time
from collections.abc import Callable, Sequence

import duckdb

from mntui.journal.store_file import Change, IndexFile
from mntui.journal.store_folds import Folds
from mntui.journal.store_rows import Rows
from mntui.journal.store_source import Item, Source

ENDED_AT_ONCE = 20
BATCHES_A_BREATH = 8
REFUSED_VALUES = (
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
    duckdb.TypeMismatchException,
)
"""What the database says of a value that no column holds. Anything else is an error of its own."""

logger = logging.getLogger(__name__)


class Writer:
    """`reached` is the last batch that was looked at: the file holds it, or nobody has it any more."""

    def __init__(self, file: IndexFile, source: Source, folds: Folds) -> None:
        self.file = file
        self.reached = file.applied
        self._source = source
        self._folds = folds
        self._names = {run_id: name for name, run_id in file.names().items()}

    @property
    def behind(self) -> bool:
        return self.reached < self._source.last

    def apply(self, stop: Callable[[], bool], told: Callable[[int], None] = lambda _reached: None) -> None:
        """Everything up to what is the log's last batch now. Raises duckdb.Error; then `reached` says what is in."""
        goal = self._source.last
        while self.reached < goal and not stop():
            items, reached = self._source.take(self.reached)
            self._add(items)
            self.reached = reached
            told(reached)
            if self._folds.ended >= ENDED_AT_ONCE:
                self._put(self._folds.changes(only_ended=True))

    def refold(self) -> None:
        """Runs whose rows were left behind by whoever wrote this file last."""
        for run_id in self.file.behind():
            self._folds.refold(run_id)

    def settle(self) -> None:
        """Write how every changed run stands. Raises duckdb.Error."""
        if self._folds.changed:
            self._put(self._folds.changes())

    def _add(self, items: Sequence[Item]) -> None:
        try:
            self._add_all(items)
        except REFUSED_VALUES:
            if len(items) == 1:
                logger.warning("batch %d is indexed only as a whole: no column holds its values", items[0].number)
                rows = Rows(self._names)
                rows.keep(items[0].number, items[0].data)
                self.file.add(rows)
                return
            for item in items:
                self._add([item])

    def _add_all(self, items: Sequence[Item]) -> None:
        rows = Rows(self._names)
        for done, item in enumerate(items):
            if item.batch is None:
                rows.keep(item.number, item.data)
            else:
                rows.add(item.number, item.batch, item.data)
                self._folds.follow(item.batch.facts)
            if done % BATCHES_A_BREATH == 0:
                # Let the event loop have the interpreter: while an index is built, this goes on for seconds.
                time.sleep(0)
        self.file.add(rows)

    def _put(self, changes: Sequence[Change]) -> None:
        try:
            self.file.add(Rows(self._names), changes)
        except REFUSED_VALUES:
            if len(changes) > 1:
                for change in changes:
                    self._put([change])
                return
            logger.warning("run %s is listed as it stood before: no column holds its values", changes[0][1].id)
        self._folds.written(changes)
