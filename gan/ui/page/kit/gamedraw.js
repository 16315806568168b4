// Draws a game (see gamegan.js): its parts as boxes in a grid, and over them the lines on which data
// go forward and gradients go back. One column on a narrow screen, two rows on a wide one.
/** @import { GameFlow, GameKind, GamePart, GameValues, Side } from "./types" */
import { count, h, pencil, t, url } from "./core.js";
import { named } from "./figures.js";
import { axisOf, lossOf, placeOn, pull, widthOf } from "./gamegan.js";
import { sideOf } from "./gutters.js";

const SVG = "http://www.w3.org/2000/svg";
const TILES = [1, 7, 3, 8, 5, 9];  // of the sheet: classes that look different, where they take turns
const TILE_PX = 56;
const PLANE = 1.15;  // a plane is drawn from -PLANE to PLANE
const SPECKLES = 8;
const ROW_PARTS = 7;  // in which a picture is shown to grow
const APART = 5;  // px from a line to the one that goes back beside it
const HEAD = 4;

/** @param {number | null | undefined} v */
const number = (v) => (Number.isFinite(v) ? named(Number(v)) : "–");

/** @param {HTMLElement} node @param {string} text */
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @typedef {{ node: HTMLElement, show(values: GameValues, flow: GameFlow): void }} Part
 * @typedef {Record<"left" | "right" | "top" | "bottom", number>} Box px
 * @typedef {{ x: number, y: number }} Spot
 * @typedef {{ across: boolean, start: Spot, end: Spot }} Ends of a line, and whether it goes across */

// ---- the parts, by kind: { node, show(values, flow) } ---------------------------------------------

function noise() {
  const canvas = h("canvas", { class: "ga-pixels", width: SPECKLES, height: SPECKLES });
  const sub = h("small");
  const draw = () => {
    const context = pencil(canvas);
    const image = context.createImageData(SPECKLES, SPECKLES);
    for (let i = 0; i < SPECKLES * SPECKLES; i += 1) {
      const normal = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
      image.data.fill(Math.min(255, Math.max(0, 128 + 52 * normal)), 4 * i, 4 * i + 3);
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  };
  draw();
  return {
    node: h("div", {}, h("b", { "data-t": "gan_game_noise" }), canvas, sub),
    /** @param {GameValues} gameValues */
    show: ({ z_dim, fresh }) => {
      if (fresh) draw();
      put(sub, z_dim ? t("gan_game_z_dim", { count: z_dim }) : "");
    },
  };
}

/** @param {Extract<GamePart, { kind: "network" }>} part */
function network({ id, word = id, sign = id }) {
  const [parameters, does, gradient] = [h("small"), h("small", { class: "ga-game-does" }), h("small")];
  return {
    node: h("div", {}, h("b", { "data-t": `gan_game_${word}` }), h("strong", { "aria-hidden": "true" }, sign.toUpperCase()), parameters, does, gradient),
    /** @param {GameValues} gameValues @param {GameFlow} gameFlow */
    show: ({ networks }, { moves, held }) => {
      const { parameters: many, gradient: norm } = networks[id];
      put(parameters, many ? t("gan_game_parameters", { count: count(many) }) : "");
      put(does, moves.includes(id) ? t("gan_game_moves") : held.includes(id) ? t("gan_game_held") : "");
      put(gradient, t("gan_game_gradient", { norm: number(norm) }));
    },
  };
}

// The code of a picture: how many of its numbers say something of it.
function code() {
  const used = h("small");
  return {
    node: h("div", {}, h("b", { "data-t": "gan_game_code" }), h("strong", { "aria-hidden": "true" }, "μ ± σ"), used),
    show: (/** @type {GameValues} */ { losses, z_dim }) => put(used, Number.isFinite(losses.used)
      ? t("gan_game_used", { used: count(Number(losses.used)), count: z_dim ? count(z_dim) : "–" }) : ""),
  };
}

// Numbers with their names, as the curves have them.
/** @param {Extract<GamePart, { kind: "numbers" }>} part */
function numbers({ id, keys }) {
  const values = keys.map(() => h("span", { class: "ga-game-number" }));
  return {
    node: h("div", {}, ...keys.map((key, i) => h("span", { class: "ga-game-key", "data-help": `gan_line_${key}_help` },
      h("b", { "data-t": `gan_game_${key}` }), values[i])), h("small", { "data-t": `gan_game_${id}_unit` })),
    show: (/** @type {GameValues} */ { losses }) => keys.forEach((key, i) => put(values[i], number(losses[key]))),
  };
}

// One picture as it is made: its rows, one after another.
function rows() {
  const canvas = h("canvas", { class: "ga-pixels", width: TILE_PX, height: TILE_PX });
  /** @type {HTMLImageElement | null} */
  let sheet = null;
  let wanted = "", part = 0;
  const draw = (/** @type {boolean} */ whole) => {
    if (!sheet?.naturalWidth) return;
    const size = sheet.naturalWidth / sideOf(sheet);
    const side = size > TILE_PX ? TILE_PX : size * Math.round(TILE_PX / size);
    Object.assign(canvas, { width: side, height: side });
    const context = pencil(canvas);
    const shown = whole ? 1 : (part + 1) / ROW_PARTS;
    const height = Math.round(shown * size);
    context.imageSmoothingEnabled = side < size;
    context.clearRect(0, 0, side, side);
    context.drawImage(sheet, size, 0, size, height, 0, 0, side, (side * height) / size);
    if (whole) return;
    context.fillStyle = getComputedStyle(canvas).getPropertyValue("--fake");
    context.fillRect(0, Math.min(side - 1, (side * height) / size), side, 1);
  };
  return {
    node: h("div", {}, h("b", { "data-t": "gan_game_rows" }), canvas, h("small", { "data-t": "gan_game_rows_how" })),
    show: (/** @type {GameValues} */ { pictures: of, fresh, moving }) => {
      if (fresh) part = (part + 1) % ROW_PARTS;
      if (of.fake && of.fake !== wanted && (part === 0 || !sheet)) {  // a picture is finished before the next begins
        wanted = of.fake;
        const image = new Image();
        image.src = url(wanted);
        image.decode().then(() => { sheet = image; draw(!moving); }, () => { wanted = ""; });
      }
      draw(!moving || !fresh && part === 0);
    },
  };
}

/** @param {GamePart} part */
function pictures({ id }) {
  const tiles = TILES.map(() => h("canvas", { class: "ga-pixels", width: TILE_PX, height: TILE_PX }));
  const box = h("div", { class: "ga-game-tiles" }, ...tiles);
  let wanted = "";
  const clear = () => { for (const tile of tiles) pencil(tile).clearRect(0, 0, tile.width, tile.height); };
  /** @param {HTMLImageElement} image */
  const paint = (image) => {
    const count = sideOf(image);
    box.classList.toggle("is-whole", count === 1);
    const size = image.naturalWidth / count;
    const side = size > TILE_PX ? TILE_PX : size * Math.round(TILE_PX / size);
    tiles.forEach((tile, i) => {
      tile.hidden = i >= count * count;
      Object.assign(tile, { width: side, height: side });
      const context = pencil(tile);
      context.imageSmoothingEnabled = side < size;
      const at = count > 1 ? TILES[i] : 0;
      context.drawImage(image, (at % count) * size, Math.floor(at / count) * size, size, size, 0, 0, side, side);
    });
  };
  // Points of the plane are one picture; x and y from -1 to 1, flat.
  const plot = (/** @type {ArrayLike<number> | null} */ points) => {
    box.classList.add("is-whole");
    tiles.forEach((tile, k) => { tile.hidden = k > 0; });
    const [tile] = tiles;
    const side = Math.round(TILE_PX * devicePixelRatio);
    Object.assign(tile, { width: side, height: side });
    const context = pencil(tile);
    context.fillStyle = getComputedStyle(tile).getPropertyValue(id === "real" ? "--real" : "--fake");
    const [size, place] = [side / 28, (/** @type {number} */ v) => ((v / PLANE + 1) / 2) * side];
    for (let k = 0; points && k < points.length; k += 2) context.fillRect(place(points[k]) - size / 2, place(-points[k + 1]) - size / 2, size, size);
  };
  return {
    node: h("div", {}, h("b", { "data-t": `gan_game_${id}` }), box),
    show: (/** @type {GameValues} */ values) => {
      if (values.points) return plot(values.points[id]);
      const path = values.pictures[id] ?? "";
      if (path === wanted) return;
      wanted = path;
      if (!path) return clear();
      const image = new Image();
      image.src = url(path);
      image.decode().then(() => { if (wanted === path) paint(image); },
        () => { if (wanted === path) { wanted = ""; clear(); } });
    },
  };
}

// Both scores on one axis, each with a tail from where it was before a single step, and with an arrow
// the way that the one who steps moves it.
function scores() {
  const kinds = /** @type {const} */ (["real", "fake"]);
  const line = h("div", { class: "ga-game-axis" });
  const level = h("i", { class: "ga-game-level" });
  const dots = kinds.map((kind) => h("i", { class: `ga-game-dot is-${kind}` }));
  const tails = kinds.map((kind) => h("i", { class: `ga-game-tail is-${kind}` }));
  const ends = [h("small"), h("small"), h("small")];
  line.append(level, ...tails, ...dots);
  const values = kinds.map(() => h("span", { class: "ga-game-number" }));
  /** @param {number} i */
  const key = (i) => h("span", { class: "ga-game-key", "data-help": `gan_line_score_${kinds[i]}_help` }, h("i", { class: `ga-game-dot is-${kinds[i]}` }),
    h("span", { "data-t": `gan_game_score_${kinds[i]}` }), values[i]);
  return {
    node: h("div", {}, h("b", { "data-t": "gan_game_scores" }), key(0), line, h("div", { class: "ga-game-ends" }, ...ends), key(1)),
    show: (/** @type {GameValues} */ { scores: now, before, loss, turn }) => {
      const middle = lossOf(loss).level;
      const axis = axisOf([now.real, now.fake, before?.real, before?.fake], middle);
      /** @param {number} v */
      const percent = (v) => `${(100 * placeOn(v, axis)).toFixed(1)}%`;
      const said = middle === null ? ["", t("gan_game_difference"), ""] : [axis.low, middle, axis.high].map(number);
      said.forEach((text, i) => put(ends[i], text));
      level.hidden = middle === null;
      kinds.forEach((kind, i) => {
        const [v, was] = [now[kind], before?.[kind]];
        const there = Number.isFinite(v);
        put(values[i], number(v));
        dots[i].hidden = !there;
        tails[i].hidden = !there || !Number.isFinite(was);
        if (!there) return;
        dots[i].style.left = percent(Number(v));
        const side = turn === "d" || turn === "g" ? turn : null;
        const way = side && !before ? pull(loss, side, kind, Number(v)) : 0;
        dots[i].dataset.way = way > 0 ? "up" : way < 0 ? "down" : "";
        if (tails[i].hidden) return;
        const [from, to] = [placeOn(Number(was), axis), placeOn(Number(v), axis)];
        Object.assign(tails[i].style, { left: `${100 * Math.min(from, to)}%`, width: `${100 * Math.abs(to - from)}%` });
      });
    },
  };
}

/** @param {string} loss @param {Side} side */
const wantsText = (loss, side) => lossOf(loss)[side].map(([who, how, at]) => t(`gan_game_want_${how}`, {
  who: t(`gan_game_who_${who}`), other: t(`gan_game_who_${who === "real" ? "fake" : "real"}`), at: at === undefined ? "" : named(at),
})).join(t("gan_game_want_and"));

/** @param {Extract<GamePart, { kind: "loss" }>} part */
function loss({ id, side }) {
  const [value, wants] = [h("span", { class: "ga-game-number" }), h("small")];
  return {
    node: h("div", {}, h("span", { class: "ga-game-key", "data-help": `gan_line_${id}_help` }, h("b", { "data-t": `gan_game_${id}` }), value), wants),
    show: (/** @type {GameValues} */ values) => {
      put(value, number(values.losses[id]));
      put(wants, t("gan_game_wants", { wants: wantsText(values.loss, side) }));
    },
  };
}

// The points of a scatter picture, [x, y, ...] in -1 to 1: some of its dark pixels; paper and axes are light.
/** @param {HTMLImageElement} picture */
function inkOf(picture) {
  const canvas = h("canvas", { width: TILE_PX, height: TILE_PX });
  const context = pencil(canvas);
  context.drawImage(picture, 0, 0, TILE_PX, TILE_PX);
  const { data } = context.getImageData(0, 0, TILE_PX, TILE_PX);
  const at = (/** @type {number} */ k) => (2 * k + 1) / TILE_PX - 1;
  return Array.from({ length: TILE_PX ** 2 }, (_, i) => i).filter((i) => data[4 * i] < 195)
    .flatMap((i) => Array.from({ length: 4 }, () => [at(i % TILE_PX), -at(Math.floor(i / TILE_PX))]).flat());
}

// A real sample mixed with noise, (1 - t) of noise and t of the sample, at one time after another.
function between() {
  const canvas = h("canvas", { class: "ga-pixels", width: TILE_PX, height: TILE_PX });
  const how = h("small");
  /** @type {HTMLImageElement | null} */
  let sheet = null;
  let wanted = "", part = 0;
  const side = () => Math.round(TILE_PX * devicePixelRatio);
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const mixed = (/** @type {number} */ t) => {
    if (!sheet?.naturalWidth) return;
    const count = sideOf(sheet);
    if (count === 1) return plotted(inkOf(sheet), t);  // one picture of many points
    const size = sheet.naturalWidth / count;
    Object.assign(canvas, { width: size, height: size });
    const context = pencil(canvas);
    context.drawImage(sheet, count > 1 ? size : 0, 0, size, size, 0, 0, size, size);
    const image = context.getImageData(0, 0, size, size);
    for (let i = 0; i < image.data.length; i += 4) {
      const noise = 128 + 52 * normal();
      for (let c = 0; c < 3; c += 1) image.data[i + c] = (1 - t) * noise + t * image.data[i + c];
      image.data[i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  };
  const plotted = (/** @type {ArrayLike<number> | null} */ points, /** @type {number} */ t) => {
    Object.assign(canvas, { width: side(), height: side() });
    const context = pencil(canvas);
    context.fillStyle = getComputedStyle(canvas).getPropertyValue("--real");
    const [size, place] = [side() / 28, (/** @type {number} */ v) => ((v / PLANE + 1) / 2) * side()];
    for (let k = 0; points && k < points.length; k += 8) {
      const [x, y] = [0, 1].map((i) => (1 - t) * normal() + t * points[k + i]);
      context.fillRect(place(x) - size / 2, place(-y) - size / 2, size, size);
    }
  };
  return {
    node: h("div", {}, h("b", { "data-t": "gan_game_between" }), canvas, how),
    show: (/** @type {GameValues} */ { pictures: of, points, fresh, moving }) => {
      if (fresh) part = (part + 1) % ROW_PARTS;
      const t = moving ? (part + 0.5) / ROW_PARTS : 0.5;
      put(how, `t = ${t.toFixed(2)}`);
      if (points) return plotted(points.real, t);
      if (of.real && of.real !== wanted) {
        wanted = of.real;
        const image = new Image();
        image.src = url(wanted);
        image.decode().then(() => { sheet = image; mixed(t); }, () => { wanted = ""; });
      } else if (fresh || !moving) mixed(t);
    },
  };
}

/** @type {Record<GamePart["kind"], (part: any) => Part>} */
const KINDS = { noise, network, pictures, scores, loss, code, numbers, rows, between };

// ---- the whole --------------------------------------------------------------------------------------

export class GameDrawing {
  /** @param {GameKind} game */
  constructor(game) {
    this.game = game;
    /** @type {Map<string, Part>} */
    this.parts = new Map(game.nodes.map((spec) => [spec.id, KINDS[spec.kind](spec)]));
    for (const { id, kind } of game.nodes) {
      const node = /** @type {HTMLElement} */ (this.parts.get(id)?.node);
      node.className = `ga-game-node is-${kind} ${kind === "numbers" ? "is-loss" : ""}`;
      node.dataset.part = id;
      node.style.gridArea = id;
    }
    this.says = h("p", { class: "ga-game-says" });
    this.lines = document.createElementNS(SVG, "svg");
    this.lines.setAttribute("aria-hidden", "true");
    /** @param {string[]} rows */
    const areas = (rows) => rows.map((row) => `"${row}"`).join(" ");
    this.node = h("div", { class: "ga-game-picture", role: "img", style: `--wide: ${areas(game.wide)}; --narrow: ${areas(game.narrow)}` },
      this.lines, this.says, ...[...this.parts.values()].map((part) => part.node));
    this.edges = game.edges.map((key) => this.#edge(key));
    const sizes = new ResizeObserver(() => this.#place());
    for (const node of [this.node, ...[...this.parts.values()].map((part) => part.node)]) sizes.observe(node);
  }

  /** @param {string} key */
  #edge(key) {
    /** @param {string} kind */
    const path = (kind) => {
      const line = document.createElementNS(SVG, "path");
      line.setAttribute("class", kind);
      this.lines.append(line);
      return line;
    };
    const returns = this.game.gradients.includes(key);
    const [from, to] = key.split(">");
    return { key, from, to, line: path("ga-game-flow"), head: path("ga-game-head"),
      back: returns ? path("ga-game-back") : null, backHead: returns ? path("ga-game-head is-back") : null };
  }

  /** @param {GameValues} values */
  show(values) {
    const flow = this.game.flowOf(values.turn, values.loss);
    this.node.dataset.turn = values.turn;
    this.node.classList.toggle("is-moving", values.moving);
    if (this.node.getAttribute("aria-label") !== values.alt) this.node.setAttribute("aria-label", values.alt);
    put(this.says, values.says);
    for (const [id, { node, show }] of this.parts) {
      node.classList.toggle("moves", flow.moves.includes(id));
      node.classList.toggle("is-held", flow.held.includes(id));
      show(values, flow);
    }
    for (const { key, line, head, back, backHead } of this.edges) {
      for (const part of [line, head]) part.classList.toggle("is-on", flow.forward.includes(key));
      for (const part of [back, backHead]) part?.classList.toggle("is-on", flow.back.includes(key));
      back?.style.setProperty("stroke-width", `${widthOf(this.#normOn(key, values)).toFixed(2)}px`);
    }
  }

  // The gradient on a line is that of the network that steps: the loss's own where there are two.
  /** @param {string} key @param {GameValues} values */
  #normOn(key, { networks, turn }) {
    if (this.game.normOf) return this.game.normOf(key, networks);
    const side = key.endsWith("loss_d") ? "d" : key === "d>scores" && turn === "d" ? "d" : "g";
    return networks[side]?.gradient;
  }

  // The lines go between the boxes as they lie by now.
  #place() {
    const origin = this.node.getBoundingClientRect();
    if (!origin.width) return;
    this.lines.setAttribute("viewBox", `0 0 ${origin.width} ${origin.height}`);
    /** @param {string} id */
    const boxOf = (id) => {
      const { node } = /** @type {{ node: HTMLElement }} */ (this.parts.get(id));
      const box = node.getBoundingClientRect();
      return { left: box.left - origin.left, right: box.right - origin.left, top: box.top - origin.top, bottom: box.bottom - origin.top };
    };
    for (const { from, to, line, head, back, backHead } of this.edges) {
      const ends = endsOf(boxOf(from), boxOf(to));
      const shift = back ? APART : 0;
      drawLine(line, head, moved(ends, -shift), false);
      if (back && backHead) drawLine(back, backHead, moved(ends, shift), true);
    }
  }
}

// Where a line leaves one box and enters another: beside it, or below it where they stand in a column.
/** @param {Box} a @param {Box} b @returns {Ends} */
function endsOf(a, b) {
  const across = b.left >= a.right;
  const [low, high, side] = across ? /** @type {const} */ (["top", "bottom", "right"]) : /** @type {const} */ (["left", "right", "bottom"]);
  const [from, to] = [Math.max(a[low], b[low]), Math.min(a[high], b[high])];
  /** @param {Box} box */
  const middle = (box) => (box[low] + box[high]) / 2;
  const straight = to - from >= 4 * APART ? (from + to) / 2 : null;
  /** @param {number} along @param {number} crossing */
  const point = (along, crossing) => (across ? { x: along, y: crossing } : { x: crossing, y: along });
  return { across, start: point(a[side], straight ?? middle(a)), end: point(across ? b.left : b.top, straight ?? middle(b)) };
}

/** @param {Ends} ends @param {number} by */
const moved = ({ across, start, end }, by) => {
  /** @param {Spot} spot */
  const shift = ({ x, y }) => (across ? { x, y: y + by } : { x: x - by, y });
  return { across, start: shift(start), end: shift(end) };
};

/** @param {SVGPathElement} line @param {SVGPathElement} head @param {Ends} ends @param {boolean} reversed */
function drawLine(line, head, { across, start, end }, reversed) {
  const rest = 3;  // px between a line and a box
  const [ux, uy] = across ? [1, 0] : [0, 1];
  const a = { x: start.x + rest * ux, y: start.y + rest * uy };
  const b = { x: end.x - rest * ux, y: end.y - rest * uy };
  const bend = across ? (b.x - a.x) / 2 : (b.y - a.y) / 2;
  const [c, d] = [{ x: a.x + bend * ux, y: a.y + bend * uy }, { x: b.x - bend * ux, y: b.y - bend * uy }];
  const order = reversed ? [b, d, c, a] : [a, c, d, b];
  const [p, q, r, s] = order.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  line.setAttribute("d", `M${p}C${q} ${r} ${s}`);
  const tip = reversed ? a : b;
  const way = reversed ? 1 : -1;  // from the tip back along the line
  /** @param {number} sign */
  const wing = (sign) => `${(tip.x + way * HEAD * ux + sign * HEAD * uy).toFixed(1)} ${(tip.y + way * HEAD * uy + sign * HEAD * ux).toFixed(1)}`;
  head.setAttribute("d", `M${wing(1)}L${tip.x.toFixed(1)} ${tip.y.toFixed(1)}L${wing(-1)}`);
}
