"""The linear chains that a skeleton can form, the most usual first.

Shapes give widths and kernels; strides, paddings, upsampling and positions of activations are
inferred: from gaps in a Sequential's indices, from whether widths match, and from the output size.
Each departure from the usual has a cost; a chain that does not grow to a picture is invalid.
Structures leave open what no shape determines: see gan.hub.layouts.settings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from gan.hub.layouts.skeleton import Item
from gan.hub.layouts.stages import root_of

ACT, UP, SHUFFLE = "act", "up", "shuffle 2"  # ops without tensors whose kind is decided later
CHANNELS = (1, 3, 4)
MIN_SIDE, MAX_SIDE = 4, 1024
# common picture sizes in training, px: any other counts as unusual
USUAL_SIDES = {28: 0.0, 32: 0.0, 64: 0.0, 128: 0.0, 256: 0.0} | dict.fromkeys(
    (16, 24, 48, 56, 96, 100, 112, 192, 224, 512, 1024), 0.3
)
UNUSUAL_SIDE = 1.2
MIXED = 1.0  # cost of mixing upsampling and transposed convolutions
GROWTH = 2  # a picture is at least this many times as large as the first maps
# (stride, padding, output padding, cost) of a ConvTranspose2d by its kernel, and of any other
DECONVS: dict[int, tuple[tuple[int, int, int, float], ...]] = {
    1: ((1, 0, 0, 0.0),),
    2: ((2, 0, 0, 0.0),),
    3: ((2, 1, 1, 0.0), (1, 1, 0, 0.0), (2, 1, 0, 0.7), (2, 0, 0, 0.9), (1, 0, 0, 0.9)),
    4: ((2, 1, 0, 0.0), (2, 0, 0, 0.9), (1, 0, 0, 0.9)),
    5: ((2, 2, 1, 0.0), (1, 2, 0, 0.5), (1, 0, 0, 0.7), (2, 0, 0, 0.9), (2, 2, 0, 0.9)),
    6: ((2, 2, 0, 0.0), (2, 0, 0, 0.9)),
    7: ((1, 0, 0, 0.3), (1, 3, 0, 0.5), (2, 3, 1, 0.5)),
    8: ((2, 3, 0, 0.2), (2, 0, 0, 0.9), (4, 2, 0, 0.7)),
}
BEAM, MOST = 200, 12
MAX_COST = 2.0  # a higher cost is no reading but a guess
NEAR = 1.0  # cost above the best at which a structure is still worth offering

Op = tuple[str, Item | None]


class Structure(NamedTuple):
    """A chain of layers; ops are texts of the grammar, ACT and UP, with the tensors they take."""

    ops: tuple[Op, ...]
    shape: tuple[int, ...]  # (units,) or (C, side, side)
    cost: float = 0.0
    start: int = 0  # px of the first maps
    doubled: int = 0  # doublings so far

    def then(self, *ops: Op, shape: tuple[int, ...] | None = None, cost: float = 0.0) -> Structure:
        """With more layers appended."""
        return self._replace(
            ops=(*self.ops, *ops), shape=shape or self.shape, cost=self.cost + cost
        )


def structures_of(
    items: Sequence[Item], *, accept: Callable[[Structure], bool] | None = None
) -> list[Structure]:
    """What the layers in this order can be, the cheapest first; empty if nothing fits.

    Those that `accept` takes come before all others.
    """
    if not items or not items[0].is_affine:
        return []
    beam = list(_first(items[0]))
    for i, (extras, following) in enumerate(_segments(items)):
        grown = [g for s in beam for g in _segment(s, extras, following, first=i == 0)]
        beam = sorted(_distinct(grown), key=lambda s: s.cost)[:BEAM]
    found = [done for s in beam if (done := _as_picture(s)) is not None]
    found.sort(key=lambda s: s.cost)
    first = [s for s in found if accept is not None and accept(s)][:1]
    most = min(found[0].cost + NEAR, MAX_COST) if found else 0.0
    near = [s for s in found[:MOST] if s.cost <= most and s not in first]
    return [*first, *near]


def _distinct(found: Sequence[Structure]) -> list[Structure]:
    best: dict[tuple[tuple[str, ...], tuple[int, ...]], Structure] = {}
    for s in found:
        key = (tuple(text for text, _ in s.ops), s.shape)
        if key not in best or s.cost < best[key].cost:
            best[key] = s
    return list(best.values())


def _segments(items: Sequence[Item]) -> list[tuple[list[Item], Item | None]]:
    """Between affine layers: (norms and PReLUs, the affine layer that follows or None)."""
    out: list[tuple[list[Item], Item | None]] = []
    extras: list[Item] = []
    for item in items[1:]:
        if item.is_affine:
            out.append((extras, item))
            extras = []
        else:
            extras.append(item)
    return [*out, (extras, None)]


# ---- the first layer --------------------------------------------------------------------------


def _first(item: Item) -> Iterator[Structure]:
    """z through the first layer: units, or maps from a single pixel."""
    if item.kind == "linear":
        yield Structure((_affine("linear", item),), (item.sizes[0],))
        return
    a, b, kernel, _ = item.sizes
    if _gives(item, b):
        op = _affine(f"k{kernel} s1 p0", item, "deconv")
        yield Structure((op,), (b, kernel, kernel), start=kernel)
    if _gives(item, a) and kernel == 1:
        yield Structure((_affine("k1 s1 p0", item, "conv"),), (a, 1, 1), cost=0.5, start=1)


def _affine(text: str, item: Item, word: str = "") -> Op:
    a, b = item.sizes[:2]
    width = f"{a} {b}" if word == "deconv" else f"{b} {a}"
    bias = " bias" if "bias" in item.module else ""
    return (f"{word} {width} {text}{bias}" if word else f"linear {width}{bias}", item)


def _gives(item: Item, width: int) -> bool:
    bias = item.module.get("bias")
    return bias is None or len(bias) == width


# ---- between two affine layers ------------------------------------------------------------------


def _segment(
    s: Structure, extras: Sequence[Item], following: Item | None, *, first: bool
) -> Iterator[Structure]:
    """What can follow an affine layer: its norm, activation, upsampling, and the next one."""
    if following is None:
        yield from _ending(s, extras)
        return
    rooms = [item.gap for item in (*extras, following)]
    has_prelu = any(item.kind == "prelu" for item in extras)
    for act, act_cost in _act_places(rooms, has_act=has_prelu, first=first):
        for up, up_cost in _up_places(rooms, act, following):
            filled = _filled(s, extras, rooms, act, up, following)
            for one in filled:
                yield from _next(one.then(cost=act_cost + up_cost), following, upped=up is not None)


def _act_places(
    rooms: Sequence[int | None], *, has_act: bool, first: bool
) -> Iterator[tuple[int | None, float]]:
    """Positions of the activation, and their cost; None if there is none."""
    if has_act:
        yield None, 0.0
        return
    end = len(rooms) - 1
    for place, room in enumerate(rooms):
        if room is None:
            yield place, 0.0 if place == end else 1.5
        elif room >= 1:
            yield place, 0.0 if place == end or not rooms[end] else 0.4
    room = sum(one or 0 for one in rooms)
    if room == 0 and None not in rooms:
        yield None, 0.0
        return
    # the one slot after the first layer may be an upsampling
    yield None, 0.3 if first and rooms[end] == 1 else 1.5


def _up_places(
    rooms: Sequence[int | None], act: int | None, following: Item
) -> Iterator[tuple[int | None, float]]:
    """Positions of upsampling before a convolution; the cost of unexplained layers."""
    yield None, _unexplained(rooms, act, None)
    if following.kind != "maps":
        return
    end = len(rooms) - 1
    # before or behind a norm is the same, so the first place counts only where the last is full
    for place in (end, 0) if end and rooms[end] == 0 else (end,):
        room = rooms[place]
        if room is None or room > int(act == place):
            yield place, _unexplained(rooms, act, place)


def _unexplained(rooms: Sequence[int | None], act: int | None, up: int | None) -> float:
    left = 0
    for place, room in enumerate(rooms):
        if room is not None:
            left += max(0, room - int(act == place) - int(up == place))
    return 0.6 * left


def _filled(
    s: Structure,
    extras: Sequence[Item],
    rooms: Sequence[int | None],
    act: int | None,
    up: int | None,
    following: Item,
) -> Iterator[Structure]:
    """A segment's slots and norms, reshaped to maps on the way if a convolution follows."""
    starts: list[Structure] = [s]
    for place, norm in enumerate([*extras, None]):
        grown: list[Structure] = []
        for one in starts:
            one = one.then((ACT, None)) if act == place else one
            if up == place:
                grown += [_enlarged(m) for m in _made_maps(one, following)]
            else:
                grown.append(one)
        starts = grown if norm is None else [n for g in grown for n in _normed(g, norm, following)]
    yield from starts


def _enlarged(s: Structure) -> Structure:
    channels, side, _ = s.shape
    doubled = s.doubled + 1
    return s.then((UP, None), shape=(channels, 2 * side, 2 * side))._replace(doubled=doubled)


def _made_maps(s: Structure, following: Item | None) -> list[Structure]:
    """Units as square maps with the width that the next layer takes; maps unchanged."""
    if len(s.shape) == 3:
        return [s]
    if following is None or following.kind != "maps":
        return []
    units, found = s.shape[0], []
    for width in dict.fromkeys(following.sizes[:2]):
        if units % width == 0 and (side := root_of(units // width)):
            shape = (width, side, side)
            made = s.then((f"reshape {width} {side} {side}", None), shape=shape)
            found.append(made._replace(start=side))
    return found


def _normed(s: Structure, item: Item, following: Item | None) -> list[Structure]:
    """Behind a norm or a PReLU, of units or of the maps that they become."""
    width = len(item.module["weight"])
    if item.kind == "prelu":
        return [s.then((f"prelu {width}", item))] if width in (1, s.shape[0]) else []
    if item.kind == "scale":
        return _scaled(s, item, width, following)
    if s.shape[0] == width:
        return [s.then((f"bn {width}", item))]
    return [
        made.then((f"bn {width}", item))
        for made in _made_maps(s, following)
        if made is not s and made.shape[0] == width
    ]


def _scaled(s: Structure, item: Item, width: int, following: Item | None) -> list[Structure]:
    """A norm without statistics: a LayerNorm for units, an InstanceNorm for maps."""
    if s.shape == (width,):
        return [s.then((f"layernorm {width}", item))]
    made = [m for m in _made_maps(s, following) if m.shape[0] == width and m.shape[1] > 1]
    return [m.then((f"instance {width}", item), cost=0.2) for m in made]


# ---- the next affine layer ----------------------------------------------------------------------


def _next(s: Structure, item: Item, *, upped: bool) -> Iterator[Structure]:
    if item.kind == "linear":
        outputs, inputs = item.sizes
        if s.shape == (inputs,):
            yield s.then(_affine("linear", item), shape=(outputs,))
        return
    for maps in _made_maps(s, item):
        yield from _conv(maps, item)
        if not upped:
            yield from _deconv(maps, item)
        if maps.shape[0] % 4 == 0 and not upped:
            channels, side, _ = maps.shape
            shape = (channels // 4, 2 * side, 2 * side)
            shuffled = maps.then((SHUFFLE, None), shape=shape, cost=0.5)
            yield from _conv(shuffled._replace(doubled=maps.doubled + 1), item)


def _conv(s: Structure, item: Item) -> Iterator[Structure]:
    outputs, inputs, kernel, _ = item.sizes
    if s.shape[0] != inputs or not kernel % 2 or not _gives(item, outputs):
        return
    op = _affine(f"k{kernel} s1 p{kernel // 2}", item, "conv")
    yield s.then(op, shape=(outputs, *s.shape[1:]))


def _deconv(s: Structure, item: Item) -> Iterator[Structure]:
    inputs, outputs, kernel, _ = item.sizes
    if s.shape[0] != inputs or not _gives(item, outputs):
        return
    both = 0.4 if inputs == outputs and kernel % 2 else 0.0  # as likely a Conv2d
    for stride, padding, extra, cost in DECONVS.get(kernel, ()):
        side = (s.shape[1] - 1) * stride - 2 * padding + kernel + extra
        if not 1 <= side <= MAX_SIDE or (s.shape[1] == 1 and (stride > 1 or padding)):
            continue
        text = f"k{kernel} s{stride} p{padding}" + (f" o{extra}" if extra else "")
        op = _affine(text, item, "deconv")
        one = s.then(op, shape=(outputs, side, side), cost=cost + both)
        yield one._replace(doubled=s.doubled + int(stride > 1))
    if s.shape[1] == 1:  # z was single-pixel maps for more than one layer
        op = _affine(f"k{kernel} s1 p0", item, "deconv")
        yield s.then(op, shape=(outputs, kernel, kernel))._replace(start=kernel)


# ---- the picture ------------------------------------------------------------------------------


def _ending(s: Structure, extras: Sequence[Item]) -> Iterator[Structure]:
    """The last layer, and a norm of the picture after it if there is one."""
    for item in extras:
        found = _normed(s, item, None)
        if not found:
            return
        s = found[0].then(cost=0.5)
    yield s


def _as_picture(s: Structure) -> Structure | None:
    """With the picture's shape, if it has one and has grown to it."""
    if len(s.shape) == 1:
        for channels in CHANNELS[:2]:
            side = root_of(s.shape[0] // channels) if s.shape[0] % channels == 0 else 0
            if MIN_SIDE <= side <= MAX_SIDE:
                reshape = (f"reshape {channels} {side} {side}", None)
                return s.then(reshape, shape=(channels, side, side))
        return None
    channels, side, _ = s.shape
    if channels not in CHANNELS or not 2 * MIN_SIDE <= side <= MAX_SIDE:
        return None
    if side < GROWTH * s.start:
        return None
    ways = {kind for text, _ in s.ops if (kind := _grows_by(text))}
    mixed = MIXED * max(0, len(ways) - 1)
    return s.then(cost=mixed + USUAL_SIDES.get(side, UNUSUAL_SIDE))


def _grows_by(text: str) -> str:
    """How a layer enlarges maps; empty if it does not."""
    if text.startswith("deconv"):
        return "deconv" if " s1 " not in text else ""
    return text if text in (UP, SHUFFLE) else ""
