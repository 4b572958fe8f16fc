"""Random draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from rfmtool.arrays import Floats, Ints, Mask


def bernoulli(share: Any, count: int, rng: Generator) -> Mask:  # noqa: ANN401  # a number or a column
    """`count` draws that are true with probability `share`."""
    return np.asarray(rng.random(count) < share)


def repeat_rows(mean: pd.Series[float], rng: Generator) -> Ints:
    """Row numbers repeated `mean` times on average: 1.3 is once, or twice for three in ten."""
    times = np.floor(mean.to_numpy() + rng.random(len(mean))).astype(np.int64)
    return np.repeat(np.arange(len(mean)), times)


def uniform_choice(words: Sequence[str], count: int, rng: Generator) -> NDArray[np.str_]:
    """`count` of the words, each equally likely."""
    return rng.choice(np.array(words), count)


def log_uniform(low: Any, high: Any, rng: Generator) -> Floats:  # noqa: ANN401  # numbers or columns of them
    """One number per pair of bounds above zero, uniform on the logarithmic scale."""
    low, high = np.log(low), np.log(high)
    return np.asarray(np.exp(low + rng.random(len(low)) * (high - low)))
