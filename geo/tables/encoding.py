"""Texts as numbers: each different text of a column once, though a column has millions of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from geo.tables.kernels_texts import numbered_runs


def text_buffers(texts: pa.Array) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Offsets (n + 1,) and bytes of a column of texts as they lie in memory, without a copy."""
    wide = pa.types.is_large_string(texts.type)
    _, offsets, data = texts.buffers()
    if offsets is None or data is None:
        return np.zeros(len(texts) + 1, dtype=np.int32), np.empty(0, dtype=np.uint8)
    ends = np.frombuffer(offsets, np.int64 if wide else np.int32)
    return ends[texts.offset : texts.offset + len(texts) + 1], np.frombuffer(data, np.uint8)


def signs_of(texts: pa.Array) -> NDArray[np.uint8]:
    """All bytes of a column of texts, one cell after the other."""
    ends, data = text_buffers(texts)
    return data[ends[0] : ends[-1]]


def encoded(texts: pd.Series | pa.Array) -> tuple[NDArray[np.int32], list[Any]]:
    """Numbers (n,) of a column's texts, and the texts in the order in which they first stand.

    Texts that repeat from row to row, as hole ids do, are compared with the row above and looked
    up once a run.
    """
    if isinstance(texts, pd.Series) and isinstance(texts.dtype, pd.CategoricalDtype):
        return texts.cat.codes.to_numpy().astype(np.int32), list(texts.cat.categories)
    array = texts if isinstance(texts, pa.Array) else pa.array(texts, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    runs = None
    of_texts = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
    if of_texts and not array.null_count:
        runs, first = numbered_runs(*text_buffers(array))
        array = array.take(pa.array(first))
    coded = array.dictionary_encode(null_encoding="encode")
    codes = coded.indices.to_numpy(zero_copy_only=False)
    return (codes if runs is None else codes[runs]), coded.dictionary.to_pylist()
