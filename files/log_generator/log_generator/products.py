"""The catalogue: a stock code always means the same description and price, whatever the seed."""

import random
from collections import namedtuple

#: `pence`: the price in hundredths of a pound.
Product = namedtuple("Product", "code description pence")

#: What is sold, and its price in pence in the plainest style.
THINGS = (
    ("TEA LIGHT HOLDER", 125), ("CANDLE LANTERN", 365), ("CAKE STAND", 1095), ("SHOPPING BAG", 165), ("LUNCH BAG", 155),
    ("PICTURE FRAME", 245), ("PHOTO ALBUM", 595), ("ALARM CLOCK", 375), ("WALL CLOCK", 850), ("DOORMAT", 725),
    ("CUSHION COVER", 445), ("TEA TOWEL", 275), ("OVEN GLOVE", 395), ("APRON", 465), ("EGG CUP", 85),
    ("COFFEE MUG", 295), ("TEAPOT", 795), ("SUGAR BOWL", 215), ("MILK JUG", 325), ("CAKE TIN SET", 495),
    ("BISCUIT JAR", 525), ("BREAD BIN", 1275), ("SPICE RACK", 1450), ("RECIPE BOX", 695), ("CHALKBOARD", 345),
    ("NOTEBOOK", 135), ("PENCIL CASE", 145), ("GIFT WRAP", 42), ("RIBBON REEL", 95), ("BIRTHDAY CARD", 38),
    ("BUNTING", 515), ("PAPER CHAIN KIT", 255), ("WICKER HEART", 115), ("DOOR STOP", 335), ("COAT HOOK", 185),
    ("DRAWER KNOB", 145), ("TRINKET BOX", 265), ("JEWELLERY STAND", 825), ("HAND MIRROR", 425), ("HOT WATER BOTTLE", 475),
    ("WATERING CAN", 545), ("PLANT POT", 205), ("BIRD HOUSE", 635), ("GARDEN SIGN", 195), ("LAMP SHADE", 1125),
    ("TOY TRAIN", 375), ("SKIPPING ROPE", 155), ("JIGSAW PUZZLE", 225), ("STORAGE TIN", 185), ("MONEY BANK", 295),
)  # fmt: skip

#: Letter of the stock code, words before the thing, and what it costs in percent of the plainest.
STYLES = (
    ("", "PLAIN", 100), ("A", "WHITE", 100), ("B", "RED SPOTTED", 108), ("C", "PINK REGENCY", 118), ("D", "BLUE STRIPED", 105),
    ("E", "IVORY ENAMEL", 131), ("F", "GREEN GINGHAM", 104), ("G", "VINTAGE FLORAL", 122), ("H", "WOODLAND", 112), ("J", "SKULL", 96),
    ("K", "CHRISTMAS", 90), ("L", "ANTIQUE SILVER", 165),
)  # fmt: skip


def catalogue():
    """Every Product, in a fixed order."""
    return [
        Product(f"{20700 + 37 * number}{letter}", f"{style} {thing}", max(1, pence * percent // 100))
        for number, (thing, pence) in enumerate(THINGS)
        for letter, style, percent in STYLES
    ]


def popularity(products):
    """A weight for each product: few are bought often, many seldom, as in shops; the same at each run."""
    ranks = list(range(len(products)))
    random.Random("popularity").shuffle(ranks)  # noqa: S311 - nothing secret
    return [1.0 / (rank + 12) for rank in ranks]
