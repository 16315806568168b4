// The game of G and D: its parts, what flows between them when either steps, and what each loss asks
// of the scores. Values only: gamedraw.js draws them.
/** @import { GameKind, Row, ScoreAim, Side, Step, WatchedRun } from "./types" */

// What a loss asks of D's scores, as in gan/losses.py: [whose, how, where]. `level`: the score that
// parts real from generated, null where only the difference counts.
/** @type {ScoreAim[]} */
const OF_D = [["real", "high"], ["fake", "low"]];
/** @type {Record<string, { level: number | null, d: ScoreAim[], g: ScoreAim[], paired?: boolean }>} */
export const LOSSES = {
  minimax: { level: 0, d: OF_D, g: [["fake", "high"]] },
  nonsaturating: { level: 0, d: OF_D, g: [["fake", "high"]] },
  "least-squares": { level: 0.5, d: [["real", "near", 1], ["fake", "near", 0]], g: [["fake", "near", 1]] },
  hinge: { level: 0, d: [["real", "above", 1], ["fake", "below", -1]], g: [["fake", "high"]] },
  "wasserstein-gp": { level: null, d: [["real", "over"]], g: [["fake", "high"]] },
  relativistic: { level: null, d: [["real", "over"]], g: [["fake", "over"]], paired: true },
};

/** @param {string} name */
export const lossOf = (name) => LOSSES[name] ?? LOSSES.nonsaturating;

/** @type {Record<Exclude<ScoreAim[1], "over">, (score: number, at: number) => number>} */
const PULLS = {
  high: () => 1, low: () => -1,
  near: (score, at) => Math.sign(at - score),
  above: (score, at) => (score < at ? 1 : 0), below: (score, at) => (score > at ? -1 : 0),
};

// Which way a step of `side` moves a score: 1 up, -1 down, 0 not at all.
/** @param {string} loss @param {"d" | "g"} side @param {"real" | "fake"} whose @param {number} score */
export function pull(loss, side, whose, score) {
  let found = 0;
  for (const [who, how, at] of lossOf(loss)[side]) {
    if (how === "over" && (side === "d" || who === whose)) found = who === whose ? 1 : -1;
    else if (how !== "over" && who === whose) found = PULLS[how](score, at ?? 0);
  }
  return found;
}

// What goes where: forward along the edges, and the gradient back along some of them. Whoever steps
// moves; the other is held still, and in G's step the gradient passes through D on its way.
const MADE = ["noise>g", "g>fake", "fake>d"];
const TURNS = {
  d: { moves: ["d"], held: ["g"], forward: [...MADE, "real>d", "d>scores", "scores>loss_d"], back: ["scores>loss_d", "d>scores"] },
  g: { moves: ["g"], held: ["d"], forward: [...MADE, "d>scores", "scores>loss_g"], back: ["scores>loss_g", "d>scores", "fake>d", "g>fake"] },
};
const STILL = { moves: [], held: [], forward: [], back: [] };

// What flows in a turn: "d", "g", "both" (one after the other), or anything else for none.
/** @param {string} turn @param {string} loss */
export function flowOf(turn, loss) {
  /** @param {Side} side */
  const of = (side) => {
    const paired = side === "g" && lossOf(loss).paired;  // G's loss compares with real images
    return { ...TURNS[side], forward: [...TURNS[side].forward, ...(paired ? ["real>d"] : [])] };
  };
  if (turn === "d" || turn === "g") return of(turn);
  if (turn !== "both") return STILL;
  const [d, g] = [of("d"), of("g")];
  /** @param {"moves" | "forward" | "back"} key */
  const union = (key) => [...new Set([...d[key], ...g[key]])];
  return { moves: union("moves"), held: [], forward: union("forward"), back: union("back") };
}

// The scores' common axis: `level` in its middle, and round ends that hold still while scores change.
/** @param {(number | null | undefined)[]} scores @param {number | null} level */
export function axisOf(scores, level) {
  const known = /** @type {number[]} */ (scores.filter(Number.isFinite));
  const middle = level ?? (known.length ? (Math.min(...known) + Math.max(...known)) / 2 : 0);
  const most = Math.max(2, ...known.map((v) => 1.05 * Math.abs(v - middle)));
  const power = 10 ** Math.floor(Math.log10(most));
  const reach = (/** @type {number} */ ([1, 2, 5, 10].find((m) => m * power >= most))) * power;
  return { low: middle - reach, high: middle + reach };
}

// Where a score lies on it, 0 to 1.
/** @param {number} score @param {{ low: number, high: number }} axis */
export const placeOn = (score, { low, high }) => Math.min(1, Math.max(0, (score - low) / (high - low)));

// How wide a gradient is drawn, in px, by its length on a log scale: 1 up to 0.0001, 3.5 from 10 on.
/** @param {number | null | undefined} norm */
export function widthOf(norm) {
  if (!norm || !Number.isFinite(norm)) return 1;
  return 1 + 2.5 * Math.min(1, Math.max(0, (Math.log10(norm) + 4) / 5));
}

// The numbers of a run as its picture shows them: those of its last row, or of the single step that
// it rests at.
/** @param {Pick<WatchedRun, "rows" | "parameters">} run @param {Step | null} step */
function read({ rows, parameters }, step) {
  /** @type {Partial<Row>} */
  const row = rows.at(-1) ?? {};
  /** @param {Side} side */
  const moved = (side) => !step || step.what === side || step.what === "both";
  /** @param {Side} side */
  const gradient = (side) => (step ? (moved(side) ? step.grad_norms[side] : null) : row[`grad_norm_${side}`]);
  /** @param {Side} side */
  const network = (side) => ({ parameters: parameters?.[side], gradient: gradient(side) });
  return {
    networks: { g: network("g"), d: network("d") },
    scores: step ? step.scores_after : { real: row.score_real, fake: row.score_fake },
    before: step ? step.scores_before : null,
    losses: { loss_g: step ? step.losses.g : row.loss_g, loss_d: step ? step.losses.d : row.loss_d },
  };
}

/** @type {GameKind} */
export const GAN = {
  name: "gan",
  nodes: [
    { id: "noise", kind: "noise" }, { id: "g", kind: "network" }, { id: "fake", kind: "pictures" },
    { id: "real", kind: "pictures" }, { id: "d", kind: "network" }, { id: "scores", kind: "scores" },
    { id: "loss_g", kind: "loss", side: "g" }, { id: "loss_d", kind: "loss", side: "d" },
  ],
  // the sentence stands in "says"
  wide: ["noise g fake d scores loss_g", "says says real d scores loss_d"],
  narrow: ["noise says", "g says", "fake real", "d d", "scores scores", "loss_g loss_d"],
  edges: ["noise>g", "g>fake", "fake>d", "real>d", "d>scores", "scores>loss_g", "scores>loss_d"],
  gradients: ["scores>loss_g", "scores>loss_d", "d>scores", "fake>d", "g>fake"],
  turns: ["d", "g"],
  read, flowOf,
};
