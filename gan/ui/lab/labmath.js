// The numbers of the figures, as plain functions.

export const LOG2 = Math.log(2);

// Of one generated picture that D gives `d`: G's two losses, and how strongly each pulls at D's score s,
// d = sigmoid(s): |d/ds log(1 - d)| = d and |d/ds -log d| = 1 - d.
/** @param {number} d in (0, 1) */
export function lossesAt(d) {
  return { minimax: Math.log(1 - d), nonsaturating: -Math.log(d), pulls: { minimax: d, nonsaturating: 1 - d } };
}

/** @param {number} x @param {number} mean */
export const bell = (x, mean) => Math.exp(-((x - mean) ** 2) / 2) / Math.sqrt(2 * Math.PI);

// The best D between real at -distance/2 and generated at distance/2, both of deviation 1:
// p / (p + q) = sigmoid(log p - log q), and log p - log q = -distance x.
/** @param {number} x @param {number} distance */
export const bestD = (x, distance) => 1 / (1 + Math.exp(distance * x));

const TAIL = 9;  // deviations beyond the means, where nothing is left
const PARTS = 1600;

// JS (nats) and the value of the game against the best D, each by its own integral.
/** @param {number} distance @returns {{ js: number, value: number }} */
export function twoBells(distance) {
  const reach = distance / 2 + TAIL;
  const dx = (2 * reach) / PARTS;
  let [js, value] = [0, 0];
  for (let i = 0; i <= PARTS; i += 1) {
    const x = -reach + i * dx;
    const [p, q] = [bell(x, -distance / 2), bell(x, distance / 2)];
    const m = (p + q) / 2;
    js += dx * (p * logOf(p / m) + q * logOf(q / m)) / 2;
    value -= dx * (p * softplus(distance * x) + q * softplus(-distance * x));  // log D* and log(1 - D*)
  }
  return { js, value };
}

/** @param {number} v */
const logOf = (v) => (v > 0 ? Math.log(v) : 0);
/** @param {number} v */
const softplus = (v) => Math.max(v, 0) + Math.log1p(Math.exp(-Math.abs(v)));

// Of all real mass at 0 and all generated mass at `place`.
/** @param {number} place */
export function twoMasses(place) {
  return { js: place === 0 ? 0 : LOG2, wasserstein: Math.abs(place), slope: Math.sign(place) };
}
