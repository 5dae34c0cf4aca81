"""Block models of mixed inputs, kriged beside the deposit's own, whose tiles they reuse."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from estimation.engine.krige import Problem
from estimation.engine.reach import lay_out
from estimation.models.block_model import all_keys, make_vintage
from estimation.models.store import ModelStore, store_folder
from estimation.models.store_read import VintageReader
from estimation.parallel import Crew

FIRST = date(9001, 1, 1)
"""Mixed models are kept under dates that no vintage has."""


class WalkModels:
    """Models of one walk; the deposit's own store is copied, and never written to."""

    def __init__(self, own: Path, scratch: Path, crew: Crew) -> None:
        """``own``: the deposit's folder of models; ``scratch``: a folder for the copies."""
        self._own, self._scratch, self._crew = own, scratch, crew
        self._stores: dict[Path, ModelStore] = {}
        self._known: dict[Path, list[tuple[date, str]]] = {}
        self._made = 0
        self.computed = 0
        """Tiles that had to be kriged."""
        self.reused = 0
        """Tiles that stood already, in the deposit's models or from a step before."""

    def model_of(self, problem: Problem) -> VintageReader:
        """The model of a problem: found whole, or made from the nearest one.

        Raises
        ------
        estimation.models.store.StoreBusyError
            Another run is writing the deposit's model.
        """
        place = store_folder(self._scratch, problem.grid)
        if place not in self._stores:
            self._open(problem, place)
        store, known = self._stores[place], self._known[place]
        keys = all_keys(lay_out(problem))
        best, same = None, -1
        for found in known:
            stored = store.read_vintage(*found).tile_keys
            count = int((stored == keys).all(axis=1).sum()) if stored.shape == keys.shape else 0
            if count > same:
                best, same = found, count
        if best is not None and same == len(keys):
            self.reused += same
            return store.read_vintage(*best)
        when = FIRST + timedelta(days=self._made)
        self._made += 1
        if best is not None:
            store.start_vintage(when, best[1])
        run = make_vintage(problem, store, when, self._crew)
        self.computed += run.computed
        self.reused += run.reused
        known.append((when, run.revision))
        return store.read_vintage(when, run.revision)

    def _open(self, problem: Problem, place: Path) -> None:
        """A copy of the deposit's store on this grid, or an empty one where it has none."""
        exists = store_folder(self._own, problem.grid).is_dir()
        own = ModelStore(self._own, problem.grid) if exists else None
        store = own.copied(self._scratch) if own else ModelStore(self._scratch, problem.grid)
        self._stores[place] = store
        self._known[place] = store.finished
