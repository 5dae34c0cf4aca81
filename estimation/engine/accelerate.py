"""The one place where numba's options are set.

The cache folder carries a hash of every kernel's source: numba's own cache does not see an edit
in a function called from another module, and would go on running the old one.
``fastmath`` stays off: it breaks ``isnan`` and the promise that equal input gives equal bytes.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numba

_HOUSE = Path(__file__).resolve().parents[2]
_ENGINE = (
    "estimation/engine/kernels_*.py",
    "estimation/engine/accelerate.py",
    "estimation/engine/by_pykrige.py",
    "estimation/engine/dense.py",
    "estimation/rotation.py",
    "estimation/engine/krige.py",
    "estimation/engine/visit.py",
    "estimation/engine/methods.py",
    "estimation/engine/indicators.py",
    "estimation/engine/cokriging.py",
    "estimation/engine/local.py",
    "estimation/engine/surroundings.py",
    "estimation/domains/blocks.py",
    "estimation/domains/orientation.py",
    "estimation/domains/volumes.py",
    "estimation/models/layers.py",
    "estimation/engine/reach.py",
    "estimation/models/tile_estimate.py",
    "estimation/models/tile_key.py",
    "estimation/models/tile_statistics.py",
    "geo/grids.py",
)
"""Every source whose change may change a tile's numbers."""


@cache
def kernel_sources_digest() -> str:
    """Return the SHA-256 of the engine's source and compilers: its version in every tile key."""
    digest = hashlib.sha256(
        " ".join(f"{name} {version(name)}" for name in ("numba", "llvmlite", "numpy")).encode()
    )
    for path in sorted(p for pattern in _ENGINE for p in _HOUSE.glob(pattern)):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "bornite" / f"numba-{kernel_sources_digest()[:16]}"


# Beyond the first level LLVM takes a fifth longer to start and makes these kernels no faster.
os.environ.setdefault("NUMBA_OPT", "1")
numba.core.config.reload_config()

if "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(_cache_folder())

Function = TypeVar("Function", bound=Callable[..., Any])


def kernel(function: Function) -> Function:
    """Compile a kernel that Python calls: cached on disk, releasing the GIL for other threads."""
    compiled: Function = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


def inner(function: Function) -> Function:
    """Compile what only kernels call; without a door to Python or a cache, to start sooner."""
    compiled: Function = numba.njit(
        nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
    )(function)
    return compiled


def hot(function: Function) -> Function:
    """Compile what is called for every block: as :func:`inner`, and always inlined."""
    compiled: Function = numba.njit(
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        forceinline=True,
    )(function)
    return compiled
