"""Opening raster files safely, and reading windows of one band as numbers with gaps as NaN.

Only the drivers of ``data/dictionaries/rasters.yaml`` are asked: none that reaches the network.
Everything that hides a cell counts together (nodata, mask side-car, alpha, NaN, what a person
declared), where GDAL takes only the first it finds.
"""

from __future__ import annotations

import lzma
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geo.archives import DAMAGED_ZIP
from geo.config import RasterSource
from geo.dictionary import load_words
from geo.findings import DataError
from geo.rules import finding
from geo.tables.sheets import UnreadableError

if TYPE_CHECKING:
    from rasterio.windows import Window

CACHE_MIB = 128
"""Memory GDAL may keep blocks in."""
EXPANDED_BYTES = 2 * 1024**3
MEMBERS = 100
BLOCK_BYTES = 512 * 1024**2
CELLS = 20_000_000_000
EMPTY_CELLS, CELLS_PER_BYTE = 500_000_000, 1000
"""A file of few bytes that claims very many cells is a bomb, or empty."""
RASTER_ENDINGS = (".hgt", ".tif", ".tiff", ".asc", ".grd", ".nc", ".dem", ".img", ".dt1", ".dt2")
ALPHA = 6
"""GDAL's colour interpretation of an alpha band."""

Floats = NDArray[np.float64]


@lru_cache(maxsize=1)
def book() -> dict[str, Any]:
    """Kinds of surveys, sentinels, limits and drivers (``data/dictionaries/rasters.yaml``)."""
    return load_words("rasters.yaml")


@dataclass(frozen=True)
class Survey:
    """One open file, or one variable of it. ``dataset`` is closed by :func:`opened`."""

    file: str
    dataset: Any
    variables: tuple[str, ...]
    """Names of the variables where the file holds several; one of them is open, or none."""

    @property
    def band_names(self) -> list[str]:
        """Names of the bands that hold values: description, or time, or number."""
        return [self.band_name(index) for index in self.value_bands]

    @property
    def value_bands(self) -> list[int]:
        """Numbers of the bands that hold values (an alpha band is a mask)."""
        kinds = [int(kind) for kind in self.dataset.colorinterp] if self.dataset.count else []
        return [i for i, kind in enumerate(kinds, start=1) if kind != ALPHA]

    @property
    def alpha_band(self) -> int | None:
        """Number of the alpha band."""
        kinds = [int(kind) for kind in self.dataset.colorinterp] if self.dataset.count else []
        return kinds.index(ALPHA) + 1 if ALPHA in kinds else None

    def band_name(self, index: int) -> str:
        """A band's own name; where it has none, its place in time, or its number."""
        described = self.dataset.descriptions[index - 1]
        tags = self.dataset.tags(index)
        times = [f"{k[11:]}={v}" for k, v in tags.items() if k.startswith("NETCDF_DIM_")]
        return str(described or " ".join(times) or index)

    def nodata(self, index: int) -> float | None:
        """Nodata of a band as the file declares it."""
        value = self.dataset.nodatavals[index - 1]
        return None if value is None else float(value)

    def read(self, index: int, window: Window | None, source: RasterSource | None) -> Floats:
        """Read a window of a band as values, NaN where there is none.

        Parameters
        ----------
        index
            Band number.
        window
            Part of the raster; None for all of it.
        source
            What a person stated about it: nodata, scale and offset.

        Returns
        -------
        array (rows, columns)
            Stored numbers x scale + offset (the real part of complex ones).
        """
        return self.values(index, self.dataset.read(index, window=window), window, source)

    def values(
        self,
        index: int,
        raw: NDArray[Any],
        window: Window | None,
        source: RasterSource | None,
    ) -> Floats:
        """What stored numbers of a window mean; see :meth:`read`."""
        values = np.array(raw.real, dtype=float)
        values[self.hidden(index, raw, window)] = np.nan
        for absent in source.declared_nodata if source else ():
            values[same_number(raw, absent)] = np.nan
        scale, offset = self.scaling(index, source)
        return values if (scale, offset) == (1.0, 0.0) else values * scale + offset

    def hidden(self, index: int, raw: NDArray[Any], window: Window | None) -> NDArray[np.bool_]:
        """Cells hidden by nodata, by a mask (inside or beside the file) or by an alpha band."""
        gone = np.zeros(raw.shape, dtype=bool)
        nodata = self.nodata(index)
        if any(flag.name == "per_dataset" for flag in self.dataset.mask_flag_enums[index - 1]):
            gone |= self.dataset.read_masks(index, window=window) == 0
        if nodata is not None:
            gone |= same_number(raw, nodata)
        if raw.dtype.kind in "fc":
            gone |= np.isnan(raw)
        if self.alpha_band is not None:
            gone |= self.dataset.read(self.alpha_band, window=window) == 0
        return gone

    def impossible_nodata(self, index: int) -> str | None:
        """Nodata that the file declares but its type can't hold; rasterio passes it over."""
        if self.nodata(index) is not None:
            return None
        from defusedxml.ElementTree import parse
        from rasterio.shutil import copy

        with tempfile.TemporaryDirectory() as folder:
            header = Path(folder) / "header.vrt"
            copy(self.dataset, header, driver="VRT")
            bands = parse(header).getroot().findall("VRTRasterBand")
        return bands[index - 1].findtext("NoDataValue")

    def scaling(self, index: int, source: RasterSource | None) -> tuple[float, float]:
        """Scale and offset of a band: the file's, or else the stated ones."""
        own = (float(self.dataset.scales[index - 1]), float(self.dataset.offsets[index - 1]))
        if own != (1.0, 0.0) or source is None:
            return own
        return (1.0 if source.scale is None else source.scale, source.offset or 0.0)


def same_number(raw: NDArray[Any], number: float) -> NDArray[np.bool_]:
    """Where stored numbers equal ``number`` as their type can write it."""
    if not np.isfinite(number):
        return np.zeros(raw.shape, dtype=bool)  # NaN is never a number
    if raw.dtype.kind in "iu":
        fits = float(number).is_integer() and in_range(raw.dtype, number)
        return np.asarray(raw == int(number)) if fits else np.zeros(raw.shape, dtype=bool)
    with np.errstate(over="ignore"):
        return np.asarray(raw.real == raw.real.dtype.type(number))


def in_range(dtype: Any, number: float) -> bool:
    """Whether a type can hold a number."""
    kind = np.dtype(dtype)
    if not np.isfinite(number) or kind.kind == "c":
        return kind.kind in "fc"
    limits: Any = np.iinfo(kind) if kind.kind in "iu" else np.finfo(kind)
    fits = float(limits.min) * (1 + 1e-6) <= number <= float(limits.max) * (1 + 1e-6)
    return fits and (kind.kind == "f" or float(number).is_integer())


@contextmanager
def opened(path: Path, file: str, variable: str | None = None) -> Iterator[Survey]:
    """Open a raster for reading; packed ones (``.zip``, ``.xz``) are expanded within limits.

    Parameters
    ----------
    path
        The file.
    file
        Its name in findings.
    variable
        Which variable, where the file holds several.

    Raises
    ------
    DataError
        It can't be read, points outside its folder, or is too large when expanded.
    """
    import rasterio

    with tempfile.TemporaryDirectory() as folder, rasterio.Env(**_options()), _quiet():
        try:
            plain = _unpacked(path, Path(folder))
            _refuse_outside_references(plain.resolve())
            dataset, variables = _dataset(plain, variable)
        except UnreadableError as error:
            raise DataError([finding(error.code, file=file, **error.words)]) from None
        except _troubles() as error:
            raise _damaged(error, file, (folder, str(path.parent))) from None
        with dataset:
            _refuse_too_large(dataset, plain, file)
            try:
                yield Survey(file, dataset, variables)
            except _troubles() as error:  # a block or a tag that is damaged
                raise _damaged(error, file, (folder, str(path.parent))) from None


def _damaged(error: Exception, file: str, folders: tuple[str, ...]) -> DataError:
    """What a library says of a damaged file, without the folders it lies in."""
    detail = str(error)
    for folder in folders:
        detail = detail.replace(folder, "")
    return DataError([finding("BN-RAS-004", file=file, detail=detail.strip())])


def _troubles() -> tuple[type[Exception], ...]:
    """What GDAL and its Python door raise over a damaged file."""
    from xml.etree.ElementTree import ParseError

    from rasterio._err import CPLE_BaseError
    from rasterio.errors import RasterioError

    return (RasterioError, CPLE_BaseError, ParseError, UnicodeDecodeError, OSError)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep rasterio's complaints about GDAL messages that are no UTF-8 off the screen."""
    before = sys.unraisablehook

    def hook(event: Any) -> None:
        if not isinstance(event.exc_value, UnicodeDecodeError):
            before(event)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _options() -> dict[str, Any]:
    """GDAL's settings: no network, no programs inside files, bounded memory."""
    return {
        "GDAL_CACHEMAX": CACHE_MIB,
        "GDAL_VRT_ENABLE_PYTHON": "NO",
        "GDAL_VRT_RAWRASTERBAND_ALLOWED_SOURCE": "NONE",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "{none}",
        "GDAL_HTTP_MAX_RETRY": "0",
        "GDAL_HTTP_CONNECTTIMEOUT": "1",
        "GDAL_PAM_ENABLED": "YES",
        "GDAL_NUM_THREADS": "1",
    }


def _dataset(path: Path, variable: str | None) -> tuple[Any, tuple[str, ...]]:
    """The file opened, or the variable asked for; and the names of all variables."""
    import warnings

    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import DatasetReader  # rasterio.open takes one driver only

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a finding says so
        dataset = DatasetReader(str(path), driver=book()["drivers"], sharing=False)
        parts = {name.rsplit(":", 1)[-1].strip("/"): name for name in dataset.subdatasets}
        if variable is None and len(parts) == 1:
            variable = next(iter(parts))
        if variable in parts:
            dataset.close()
            dataset = DatasetReader(parts[variable], driver=book()["drivers"], sharing=False)
    return dataset, tuple(parts)


def _unpacked(path: Path, folder: Path) -> Path:
    """The raster itself: of a zip archive its only raster, of an xz file its content."""
    ending = path.suffix.casefold()
    if ending == ".zip":
        return _unzipped(path, folder)
    if ending == ".xz":
        return expand_xz(path, folder / path.stem)
    return path


def _unzipped(path: Path, folder: Path) -> Path:
    """The one raster of a zip archive, taken out with its side-cars.

    The limit is on bytes, not on the ratio: a tile of sea packs to a thousandth.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            total = sum(info.file_size for info in infos)
            if len(infos) > MEMBERS or total > EXPANDED_BYTES:
                words = f"{len(infos)} files, {total >> 20} MiB"
                raise UnreadableError("BN-RAS-038", found=words)
            names = [Path(info.filename.replace("\\", "/")).name for info in infos]
            for info, name in zip(infos, names, strict=True):
                with archive.open(info) as packed:  # no more than the archive promised
                    (folder / name).write_bytes(packed.read(info.file_size))
    except DAMAGED_ZIP as error:
        raise UnreadableError("BN-RAS-004", detail=f"zip: {error}") from None
    rasters = [name for name in names if Path(name).suffix.casefold() in RASTER_ENDINGS]
    if len(rasters) != 1:
        raise UnreadableError("BN-RAS-004", detail=f"zip: {len(rasters)} rasters, not one")
    return folder / rasters[0]


def expand_xz(path: Path, target: Path) -> Path:
    """Expand an xz file to ``target`` within :data:`EXPANDED_BYTES`.

    Raises
    ------
    UnreadableError
        It is damaged, or larger than that.
    """
    total = 0
    try:
        with lzma.open(path) as packed, target.open("wb") as plain:
            while part := packed.read(1 << 20):
                total += len(part)
                if total > EXPANDED_BYTES:
                    raise UnreadableError("BN-RAS-038", found=f"> {EXPANDED_BYTES >> 20} MiB")
                plain.write(part)
    except (lzma.LZMAError, EOFError) as error:
        raise UnreadableError("BN-RAS-004", detail=f"xz: {error}") from None
    return target


def _refuse_outside_references(path: Path, seen: tuple[Path, ...] = ()) -> None:
    """Refuse a virtual raster that reads beyond its folder, or that wants to run code."""
    if path in seen:
        raise UnreadableError("BN-RAS-037", found=f"{path.name} -> {path.name}")
    with path.open("rb") as head:
        start = head.read(512).lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"<VRTDataset" not in start:
        return
    from xml.etree.ElementTree import ParseError

    from defusedxml.ElementTree import parse

    try:
        tree = parse(path).getroot()
    except ParseError as error:
        raise UnreadableError("BN-RAS-004", detail=str(error)) from None
    for node in tree.iter():
        text = (node.text or "").strip()
        if "PixelFunction" in node.tag or node.get("subClass") == "VRTDerivedRasterBand":
            raise UnreadableError("BN-RAS-037", found=text or node.tag)
        if node.tag in ("SourceFilename", "SourceDataset"):
            _inside(path, text, (*seen, path))


def _inside(path: Path, name: str, seen: tuple[Path, ...]) -> None:
    """Refuse a reference that leaves the virtual raster's folder; follow one to another VRT."""
    target = (path.parent / name).resolve()
    strange = re.match(r"^(/vsi|[A-Za-z][\w+.-]+:)", name) or "<" in name
    if strange or not target.is_relative_to(path.parent.resolve()):
        raise UnreadableError("BN-RAS-037", found=name)
    if target.is_file():
        _refuse_outside_references(target, seen)


def _refuse_too_large(dataset: Any, path: Path, file: str) -> None:
    """Refuse what no window of bounded memory could read in bounded time."""
    cells = dataset.width * dataset.height * max(dataset.count, 1)
    size = path.stat().st_size if path.is_file() else cells
    if cells > CELLS or (cells > EMPTY_CELLS and cells > CELLS_PER_BYTE * size):
        raise DataError([finding("BN-RAS-038", file=file, found=f"{cells:,} cells")])
    for (rows, columns), dtype in zip(dataset.block_shapes, dataset.dtypes, strict=True):
        width = 8 if dtype.startswith("complex") else np.dtype(dtype).itemsize
        if rows * columns * width > BLOCK_BYTES:
            words = f"block {rows} x {columns}"
            raise DataError([finding("BN-RAS-038", file=file, found=words)])
