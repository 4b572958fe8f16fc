"""What the shop sells: coffee, tea, and what goes with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Product(NamedTuple):
    """One article; money in pence."""

    product: str
    category: str
    taste: str  # who likes it: coffee, tea, both; or bargains, whose price leaves nothing
    price: int
    cost: int
    pull: float  # how often it is chosen, all else equal
    season: str = "even"
    by_the_dozen: bool = True  # big households and offices buy several


PRODUCTS = pd.DataFrame(
    [
        Product("Harbour Blend beans 1 kg", "Coffee beans", "coffee", 2150, 1240, 3),
        Product("Harbour Blend beans 250 g", "Coffee beans", "coffee", 690, 365, 3),
        Product("Ethiopia Guji beans 250 g", "Coffee beans", "coffee", 895, 520, 2),
        Product("Colombia Huila beans 250 g", "Coffee beans", "coffee", 845, 480, 2),
        Product("Brazil Cerrado beans 1 kg", "Coffee beans", "coffee", 1990, 1180, 1.5),
        Product("Night Watch decaf beans 250 g", "Coffee beans", "coffee", 785, 450, 1),
        Product("Harbour Blend ground 250 g", "Ground coffee", "coffee", 690, 370, 2.5),
        Product("Espresso No. 4 ground 250 g", "Ground coffee", "coffee", 725, 390, 2),
        Product("Cafetière grind 500 g", "Ground coffee", "coffee", 1190, 690, 1.5),
        Product("Cold brew bags, box of 6", "Ground coffee", "coffee", 1150, 610, 1, "summer"),
        Product("Spiced winter coffee 250 g", "Ground coffee", "coffee", 790, 430, 1, "winter"),
        Product("Filter taster, 5 x 50 g", "Ground coffee", "bargains", 850, 910, 1),
        Product("English Breakfast leaf 125 g", "Black tea", "tea", 595, 240, 3),
        Product("Earl Grey leaf 125 g", "Black tea", "tea", 640, 270, 2.5),
        Product("Assam Mangalam 125 g", "Black tea", "tea", 720, 330, 1.5),
        Product("Darjeeling first flush 100 g", "Black tea", "tea", 1290, 720, 1),
        Product("Lapsang Souchong 100 g", "Black tea", "tea", 780, 380, 0.8),
        Product("Breakfast tea bags, 160", "Black tea", "bargains", 899, 905, 1),
        Product("Sencha 100 g", "Green and white tea", "tea", 820, 410, 1.5),
        Product("Jasmine pearls 100 g", "Green and white tea", "tea", 1150, 640, 1),
        Product("Dragon Well 100 g", "Green and white tea", "tea", 1390, 850, 0.6),
        Product("White Peony 75 g", "Green and white tea", "tea", 1220, 700, 0.5),
        Product("Matcha 40 g", "Green and white tea", "tea", 1690, 980, 0.8),
        Product("Iced green tea, box of 12", "Green and white tea", "tea", 890, 450, 1, "summer"),
        Product("Peppermint leaf 80 g", "Herbal infusions", "tea", 520, 200, 1.2),
        Product("Camomile flowers 80 g", "Herbal infusions", "tea", 560, 230, 1),
        Product("Rooibos vanilla 125 g", "Herbal infusions", "both", 610, 250, 1),
        Product("Ginger and lemon 100 g", "Herbal infusions", "tea", 590, 240, 1, "winter"),
        Product("Hibiscus cooler 100 g", "Herbal infusions", "tea", 570, 230, 0.8, "summer"),
        Product("Herb garden sampler", "Herbal infusions", "bargains", 690, 745, 0.8),
        Product("Hand grinder", "Brewing gear", "coffee", 4900, 3150, 0.3, by_the_dozen=False),
        Product("Pour-over cone", "Brewing gear", "coffee", 1850, 990, 0.4, by_the_dozen=False),
        Product("Cafetière, 8 cups", "Brewing gear", "coffee", 3200, 1950, 0.3, by_the_dozen=False),
        Product("Stove-top pot, 6 cups", "Brewing gear", "coffee", 2790, 1690, 0.25),
        Product("Filter papers, 100", "Brewing gear", "coffee", 420, 150, 1.5),
        Product("Descaler, 2 sachets", "Brewing gear", "both", 480, 160, 0.6),
        Product("Stoneware teapot", "Teaware", "tea", 3450, 2080, 0.3, by_the_dozen=False),
        Product("Glass infuser mug", "Teaware", "tea", 1480, 790, 0.5, by_the_dozen=False),
        Product("Leaf infuser basket", "Teaware", "tea", 790, 310, 0.6, by_the_dozen=False),
        Product("Tea caddy 125 g", "Teaware", "tea", 990, 470, 0.4, "gifts"),
        Product("Iron kettle", "Teaware", "tea", 6900, 4700, 0.1, by_the_dozen=False),
        Product("Mug, second choice", "Teaware", "bargains", 450, 480, 0.8),
        Product("Butter shortbread 200 g", "Treats and gifts", "both", 450, 210, 1.5),
        Product("Almond biscotti 180 g", "Treats and gifts", "both", 520, 250, 1.2),
        Product("Dark chocolate beans 100 g", "Treats and gifts", "both", 490, 240, 1, "winter"),
        Product("Coffee lover's box", "Treats and gifts", "both", 3900, 2350, 0.5, "gifts"),
        Product("Tea chest of twelve", "Treats and gifts", "both", 3400, 1900, 0.5, "gifts"),
        Product("Advent calendar of teas", "Treats and gifts", "both", 2900, 1980, 0.4, "advent"),
    ]
)

LEANINGS = ("coffee", "tea", "both", "bargains")
LEANING_SHARES = (0.5, 0.36, 0.14, 0.0)  # nobody is born a bargain hunter; one archetype is

# How a leaning (row, as in LEANINGS) takes to a product's taste (column, the same).
_LIKING = np.array(
    [
        [1.0, 0.05, 0.45, 0.12],
        [0.05, 1.0, 0.45, 0.12],
        [0.60, 0.60, 1.00, 0.15],
        [0.002, 0.002, 0.002, 1.0],
    ]
)

# January to December.
_SEASONS = {
    "even": (1,) * 12,
    "summer": (0.1, 0.1, 0.3, 0.6, 1.4, 2.4, 2.6, 2.2, 0.9, 0.3, 0.1, 0.1),
    "winter": (1.8, 1.6, 0.9, 0.4, 0.2, 0.1, 0.1, 0.1, 0.5, 1.4, 1.9, 2.2),
    "gifts": (0.4, 0.7, 0.7, 0.6, 0.7, 0.6, 0.4, 0.4, 0.5, 0.9, 3.0, 4.2),
    "advent": (0, 0, 0, 0, 0, 0, 0, 0, 0.3, 2.0, 6.0, 1.0),
}


def _shelves() -> NDArray[np.float64]:
    """Cumulated choice of products, one unit interval per (leaning, month), laid end to end."""
    taste = PRODUCTS["taste"].map({name: i for i, name in enumerate(LEANINGS)}).to_numpy()
    season = np.array([_SEASONS[name] for name in PRODUCTS["season"]]).T
    choice = _LIKING[:, None, taste] * season[None] * PRODUCTS["pull"].to_numpy()
    share = np.cumsum(choice, axis=2) / choice.sum(axis=2, keepdims=True)
    flat = share.reshape(-1, len(PRODUCTS))
    return np.asarray(flat + np.arange(len(flat))[:, None], dtype=np.float64).ravel()


_SHELVES = _shelves()


def choose(
    leaning: NDArray[np.int64], month: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """One product (row of `PRODUCTS`) per pair of leaning (place in `LEANINGS`) and month."""
    shelf = leaning * 12 + month
    place = np.searchsorted(_SHELVES, shelf + rng.random(len(shelf)), side="right")
    # A draw a hair below one may round up to the next shelf.
    return np.minimum(place - shelf * len(PRODUCTS), len(PRODUCTS) - 1).astype(np.int64)


def money(pence: pd.Series[int]) -> pd.Series[str]:
    """Pence as text with two decimals."""
    return (pence // 100).astype("str") + "." + (pence % 100).astype("str").str.zfill(2)
