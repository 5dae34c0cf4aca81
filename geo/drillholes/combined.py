"""Composite assays (组合分析): long samples of mixed pulps, linked to their basic samples.

A list of members says which basic samples went into a composite and with which length; gaps and
several holes are allowed. Without a list the members are the basic samples whose middle lies in
the composite's own from-to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geo.checks.intervals import element_columns
from geo.checks.screening import Screening
from geo.dictionary import normal
from geo.drillholes.desurvey import Traces
from geo.qaqc.limits import pair_limit_pct
from geo.special.values import COORDINATE_DECIMALS

if TYPE_CHECKING:
    from geo.drillholes.composite import Composites
    from geo.drillholes.reading import Drillholes

LENGTH_SHARE = 0.01
"""Members' lengths against the composite's, relative (expert default)."""
TWICE = 2.0
"""A pair is beyond doubt wrong above so many permissible deviations (expert default)."""
HOLE_SPAN_M = 1e6
"""No hole is that deep: hole number x span + depth orders all depths of all holes."""
MEMBER_COLUMNS = ["composite", "sample", "weight_m", "listed"]


def link_members(
    combined: pd.DataFrame, assay: pd.DataFrame, members: pd.DataFrame | None
) -> pd.DataFrame:
    """Which basic samples each combined sample was made from.

    Parameters
    ----------
    combined, assay
        Tables of intervals with ``hole_id``, ``from_m``, ``to_m``, ``sample_id``.
    members
        composite_id, sample_id and, where given, hole_id and length_m (the length by which the
        member was weighed, metres); None where no list was delivered.

    Returns
    -------
    DataFrame
        ``composite`` and ``sample``: positions in ``combined`` and ``assay`` (-1: not there);
        ``weight_m``; ``listed``: from the list. Combined samples that the list doesn't name get
        the basic samples inside their interval.
    """
    parts = []
    named = np.zeros(len(combined), dtype=bool)
    if members is not None and len(members):
        listed = _listed(combined, assay, members)
        parts.append(listed)
        named[listed.loc[listed["composite"] >= 0, "composite"].unique()] = True
    parts.append(_inside(combined, assay, ~named))
    return pd.concat(parts, ignore_index=True)[MEMBER_COLUMNS]


def _listed(combined: pd.DataFrame, assay: pd.DataFrame, members: pd.DataFrame) -> pd.DataFrame:
    """Links of a list of members, in its order."""
    own = pd.Series(np.arange(len(combined)), index=_keys(combined["sample_id"]))
    own = own[~own.index.duplicated()]
    composite = own.reindex(_keys(members["composite_id"])).fillna(-1).to_numpy(dtype=np.int64)
    sample = _named(assay, members)
    metres = (assay["to_m"] - assay["from_m"]).to_numpy(dtype=float)
    weight = np.where(sample >= 0, metres[sample] if len(metres) else np.nan, np.nan)
    if "length_m" in members:
        given = members["length_m"].to_numpy(dtype=float)
        weight = np.where(np.isfinite(given), given, weight)
    data = {"composite": composite, "sample": sample, "weight_m": weight}
    return pd.DataFrame(data).assign(listed=True)


def _keys(texts: pd.Series) -> pd.Index:
    """Sample numbers as they are compared."""
    return pd.Index([normal(str(text)) for text in texts])


def _named(assay: pd.DataFrame, members: pd.DataFrame) -> NDArray[np.int64]:
    """Position in ``assay`` of each listed sample, within its hole where the list names one."""
    wanted = _keys(members["sample_id"])
    near = assay.assign(position=np.arange(len(assay)), key=assay["sample_id"].map(_key))
    near = near[near["key"].isin(set(wanted))]
    anywhere = near.drop_duplicates("key").set_index("key")["position"]
    found = pd.Series(anywhere.reindex(wanted).to_numpy())
    if "hole_id" in members:
        inside = near.drop_duplicates(["hole_id", "key"]).set_index(["hole_id", "key"])["position"]
        pairs = pd.MultiIndex.from_arrays([members["hole_id"].astype(str), wanted])
        exact = pd.Series(inside.reindex(pairs).to_numpy())
        blank = (members["hole_id"].astype(str) == "").to_numpy()
        found = exact.where(~blank, found)
    return found.fillna(-1).to_numpy(dtype=np.int64)


def _key(text: Any) -> str:
    """One sample number as it is compared."""
    return normal(str(text))


def _inside(combined: pd.DataFrame, assay: pd.DataFrame, which: NDArray[np.bool_]) -> pd.DataFrame:
    """Links to the basic samples whose middle lies inside each composite's interval."""
    codes, names = pd.factorize(pd.concat([combined["hole_id"], assay["hole_id"]]))
    del names
    own, other = codes[: len(combined)] * HOLE_SPAN_M, codes[len(combined) :] * HOLE_SPAN_M
    middle = other + (assay["from_m"] + assay["to_m"]).to_numpy(dtype=float) / 2
    order = np.argsort(middle, kind="stable")
    low = np.searchsorted(middle[order], own + combined["from_m"].to_numpy(dtype=float), "left")
    high = np.searchsorted(middle[order], own + combined["to_m"].to_numpy(dtype=float), "right")
    count = np.where(which, np.maximum(high - low, 0), 0)
    composite = np.repeat(np.arange(len(combined)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    sample = order[np.repeat(low, count) + step]
    metres = (assay["to_m"] - assay["from_m"]).to_numpy(dtype=float)[sample]
    data = {"composite": composite, "sample": sample, "weight_m": metres}
    return pd.DataFrame(data).assign(listed=False)


def member_points(samples: Composites, drillholes: Drillholes, points: int) -> Composites:
    """Combined samples with ``points`` points each along their members, gaps left out.

    Each point stands for the same weighed length; a sample whose members are not known has its
    points along its own interval. The middle becomes the mean of the points.
    """
    table = samples.table.reset_index(drop=True)
    pieces = _pieces(table, drillholes)
    at = np.array([_along(piece, points) for piece in pieces], dtype=object)
    traces = Traces(drillholes.collar, drillholes.survey, drillholes.desurvey)
    holes = traces.numbers(pd.Series(at[:, :, 0].ravel()))
    places = traces.points(holes, at[:, :, 1].ravel().astype(float))
    places = (np.round(places, COORDINATE_DECIMALS) + 0.0).reshape(len(table), points, 3)
    middle = np.round(places.mean(axis=1), COORDINATE_DECIMALS)
    columns = ("easting_m", "northing_m", "elevation_m")
    moved = table.assign(**{name: middle[:, a] for a, name in enumerate(columns)})
    return replace(samples, table=moved, points_m=places)


def _pieces(table: pd.DataFrame, drillholes: Drillholes) -> list[pd.DataFrame]:
    """Members (hole_id, from_m, to_m, weight_m) of each sample; itself where none is known."""
    combined, assay = drillholes.combined, drillholes.assay
    keys = ["hole_id", "from_m", "to_m"]
    links = link_members(combined, assay, drillholes.members)
    links = links[(links["composite"] >= 0) & (links["sample"] >= 0) & (links["weight_m"] > 0)]
    found = assay[keys].iloc[links["sample"]].reset_index(drop=True)
    found = found.assign(weight_m=links["weight_m"].to_numpy(), row=links["composite"].to_numpy())
    members = {row: part.sort_values(keys) for row, part in found.groupby("row")}
    named = combined[keys].assign(row=np.arange(len(combined))).drop_duplicates(keys)
    rows = table[keys].merge(named, on=keys, how="left")["row"]
    whole = table[keys].assign(weight_m=table["to_m"] - table["from_m"])
    return [
        members[row] if row in members else whole.iloc[[i]] for i, row in enumerate(rows.tolist())
    ]


def _along(members: pd.DataFrame, points: int) -> list[tuple[str, float]]:
    """Hole and depth of points that cut the members' weighed length into equal parts."""
    weight = members["weight_m"].to_numpy(dtype=float)
    edges = np.concatenate([[0.0], np.cumsum(weight)])
    asked = edges[-1] * (np.arange(points) + 0.5) / points
    which = np.clip(np.searchsorted(edges, asked, "right") - 1, 0, len(weight) - 1)
    share = (asked - edges[which]) / weight[which]
    low, high = (members[c].to_numpy(dtype=float)[which] for c in ("from_m", "to_m"))
    holes = members["hole_id"].to_numpy(dtype=object)[which]
    return list(zip(holes.tolist(), (low + share * (high - low)).tolist(), strict=True))


def mass_balance(
    combined: pd.DataFrame, assay: pd.DataFrame, links: pd.DataFrame, element: str
) -> pd.DataFrame:
    """A composite's own grade beside that of its members, as a duplicate pair.

    Parameters
    ----------
    combined, assay, links
        As :func:`link_members` takes and gives them.
    element
        Column of both tables, for example ``cu_pct``.

    Returns
    -------
    DataFrame
        A row for each composite that has the element and whose members all have it:
        ``composite``, ``own`` (A), ``members`` (B, by length), ``rd_pct`` = |A - B| / (A + B) x
        100, and ``limit_pct``, the permissible deviation at their mean (DZ/T 0130;
        :func:`geo.qaqc.limits.pair_limit_pct`).
    """
    known = links[(links["composite"] >= 0) & (links["sample"] >= 0)]
    grade = assay[element].to_numpy(dtype=float)[known["sample"]]
    weight = known["weight_m"].to_numpy(dtype=float)
    count = len(combined)
    row = known["composite"].to_numpy()
    metres = np.bincount(row, weight, count)
    metal = np.bincount(row, weight * grade, count)
    own = combined[element].to_numpy(dtype=float)
    held = (metres > 0) & np.isfinite(metal) & np.isfinite(own)
    at = np.flatnonzero(held)
    mean = metal[at] / metres[at]
    total = own[at] + mean
    rd = 100 * np.abs(own[at] - mean) / np.where(total > 0, total, np.nan)
    name, _, unit = element.rpartition("_")
    limit = pair_limit_pct(name, unit, total / 2)
    limits = np.full(len(at), np.nan) if limit is None else limit
    data = {"composite": at, "own": own[at], "members": mean, "rd_pct": rd, "limit_pct": limits}
    return pd.DataFrame(data)


def check_combined(work: Screening) -> None:
    """A13: members of the combined samples, their lengths and their mass balance."""
    combined = work.frames.get("combined")
    if combined is None or not len(combined):
        return
    members = work.frames.get("members")
    _strangers(work, members)
    links = _links(work)
    _lengths(work, links)
    _mixed(work, _links(work))
    _shared(work, _links(work))
    _balances(work)


def _row(position: Any) -> int:
    """A group's key as a row."""
    return int(position)


def _links(work: Screening) -> pd.DataFrame:
    """Members of the combined samples accepted so far."""
    combined, assay = work.frames["combined"], work.frames["assay"]
    links = link_members(combined, assay, work.frames.get("members"))
    return links[links["composite"] >= 0]


def _words(work: Screening, **more: Any) -> Any:
    """Words of a combined sample: hole, number, and more columns by row."""
    frame = work.frames["combined"]

    def words(i: int) -> dict[str, Any]:
        extra = {name: column[i] for name, column in more.items()}
        return {"hole": frame["hole_id"].iloc[i], "sample": frame["sample_id"].iloc[i], **extra}

    return words


def _strangers(work: Screening, members: pd.DataFrame | None) -> None:
    """Listed members that no basic sample is, and lists of composites that were not delivered."""
    if members is None or not len(members):
        return
    links = _listed(work.frames["combined"], work.frames["assay"], members)
    lost = (links["composite"] < 0).to_numpy()
    if lost.any():
        names = members["composite_id"][lost].astype(str).unique()
        named = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
        work.note("members", "BN-CMB-008", "composite_id", rows=lost, names=named, count=len(names))
    unknown = ((links["sample"] < 0) & ~lost).to_numpy()
    by_composite = (
        members["sample_id"][unknown].astype(str).groupby(links["composite"].to_numpy()[unknown])
    )
    named_by = {_row(i): ", ".join(texts.iloc[:5]) for i, texts in by_composite}
    mask = np.isin(np.arange(len(work.frames["combined"])), list(named_by))
    words = _words(work, members=named_by)
    work.flag("combined", "BN-CMB-005", mask, "sample_id", value="sample_id", words=words)


def _lengths(work: Screening, links: pd.DataFrame) -> None:
    """Lengths of the members against the composite's; an error where the members were listed."""
    frame = work.frames["combined"]
    if not len(frame):
        return
    inside = (frame["to_m"] - frame["from_m"]).to_numpy(dtype=float)
    total = frame["length_m"].to_numpy(dtype=float) if "length_m" in frame else inside
    total = np.where(np.isfinite(total), total, inside)
    metres = np.bincount(links["composite"], links["weight_m"].fillna(0.0), len(frame))
    listed = np.bincount(links["composite"], links["listed"], len(frame)) > 0
    count = np.bincount(links["composite"], minlength=len(frame))
    off = np.abs(metres - total) > LENGTH_SHARE * total + 1e-9
    shown: dict[str, Any] = {
        "members": {i: f"{metres[i]:g}" for i in np.flatnonzero(off)},
        "total": {i: f"{total[i]:g}" for i in np.flatnonzero(off)},
    }
    words = _words(work, **shown)
    options: dict[str, Any] = {"value": "sample_id", "words": words}
    work.flag(
        "combined", "BN-CMB-009", (count == 0), "sample_id", value="sample_id", words=_words(work)
    )
    work.flag("combined", "BN-CMB-002", off & ~listed & (count > 0), "to_m", **options)
    work.flag("combined", "BN-CMB-001", off & listed, "to_m", **options)


def _mixed(work: Screening, links: pd.DataFrame) -> None:
    """Members of more than one ore body or ore type."""
    assay = work.frames["assay"]
    mask = np.zeros(len(work.frames["combined"]), dtype=bool)
    found: dict[int, str] = {}
    known = links[links["sample"] >= 0]
    for column in ("ore_id", "ore_type"):
        if column not in assay:
            continue
        texts = assay[column].iloc[known["sample"]].astype(str).to_numpy()
        part = pd.DataFrame({"composite": known["composite"].to_numpy(), "text": texts})
        part = part[part["text"] != ""].drop_duplicates()
        several = part[part.duplicated("composite", keep=False)]
        for row, names in several.groupby("composite")["text"]:
            found[_row(row)] = ", ".join(sorted(names))
    mask[list(found)] = True
    words = _words(work, names=found)
    work.flag("combined", "BN-CMB-003", mask, "sample_id", value="sample_id", words=words)


def _shared(work: Screening, links: pd.DataFrame) -> None:
    """Basic samples that are listed in two composites."""
    known = links[links["listed"] & (links["sample"] >= 0) & (links["composite"] >= 0)]
    twice = known[known.duplicated("sample", keep=False)]
    samples = work.frames["assay"]["sample_id"].iloc[twice["sample"]].astype(str)
    shared = samples.groupby(twice["composite"].to_numpy())
    found = {_row(row): ", ".join(texts.iloc[:5]) for row, texts in shared}
    mask = np.isin(np.arange(len(work.frames["combined"])), list(found))
    words = _words(work, members=found)
    work.flag("combined", "BN-CMB-004", mask, "sample_id", value="sample_id", words=words)


def _balances(work: Screening) -> None:
    """Mass balance of every element that composites and their members both carry."""
    both = set(element_columns(work.frames["combined"])) & set(
        element_columns(work.frames["assay"])
    )
    for element in sorted(both):
        pairs = mass_balance(
            work.frames["combined"], work.frames["assay"], _links(work), element
        ).set_index("composite")
        above = pairs[pairs["rd_pct"] > pairs["limit_pct"]]
        gross = above["rd_pct"] > TWICE * above["limit_pct"]
        shown = {
            name: {i: f"{value:.{digits}f}" for i, value in above[column].items()}
            for name, column, digits in (
                ("own", "own", 4),
                ("members", "members", 4),
                ("rd", "rd_pct", 2),
                ("limit", "limit_pct", 2),
            )
        }
        for code, part in (("BN-CMB-006", above[~gross]), ("BN-CMB-007", above[gross])):
            mask = np.isin(np.arange(len(work.frames["combined"])), part.index.to_numpy())
            words = _words(work, **shown)
            work.flag("combined", code, mask, element, value=element, words=words)
