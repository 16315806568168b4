// The three figures: G's two losses, the best D between two bells, and two masses that do not overlap.
/** @import { FigureSpec } from "./figure.js" */
import { LOG2, bell, bestD, lossesAt, twoBells, twoMasses } from "./labmath.js";

/** @param {number} v */
const number = (v, digits = 2) => v.toFixed(digits).replace("-0.00", "0.00");
/** @param {number} x */
const same = (x) => x;

/** @type {Record<"losses" | "gaussians" | "masses", FigureSpec>} */
export const FIGURES = {
  losses: {
    name: "losses", slider: { min: 0.01, max: 0.99, step: 0.01, begin: 0.2, digits: 2 },
    keys: [["warn", "gan_lab_losses_minimax"], ["accent", "gan_lab_losses_nonsaturating"]],
    charts: [
      { word: "gan_lab_losses_chart", drags: same, axes: { x: [0, 1], y: [-5, 5], xs: [0, 0.5, 1], ys: [-4, 0, 4] },
        draw(plane, d) {
          plane.rule(d);
          plane.curve((v) => lossesAt(v).minimax, "warn", { from: 0.001, to: 0.999 });
          plane.curve((v) => lossesAt(v).nonsaturating, "accent", { from: 0.001, to: 0.999 });
          plane.dot(d, lossesAt(d).minimax, "warn");
          plane.dot(d, lossesAt(d).nonsaturating, "accent");
        } },
      { word: "gan_lab_losses_pulls", drags: same, axes: { x: [0, 1], y: [0, 1], xs: [0, 0.5, 1], ys: [0, 0.5, 1] },
        draw(plane, d) {
          plane.rule(d);
          plane.curve((v) => lossesAt(v).pulls.minimax, "warn");
          plane.curve((v) => lossesAt(v).pulls.nonsaturating, "accent");
          plane.dot(d, lossesAt(d).pulls.minimax, "warn");
          plane.dot(d, lossesAt(d).pulls.nonsaturating, "accent");
        } }],
    lines(d) {
      const { minimax, nonsaturating, pulls } = lossesAt(d);
      return [
        `\\log(1 - ${number(d)}) = ${number(minimax)}, \\hspace{1em} |\\partial L / \\partial s| = ${number(pulls.minimax)}`,
        `-\\log\\hspace{.2em}${number(d)} = ${number(nonsaturating)}, \\hspace{1em} |\\partial L / \\partial s| = ${number(pulls.nonsaturating)}`];
    },
    says(d) {
      const { minimax, nonsaturating, pulls } = lossesAt(d);
      return { d: number(d), minimax: number(minimax), nonsaturating: number(nonsaturating),
        pull: number(pulls.minimax), other: number(pulls.nonsaturating) };
    },
  },
  gaussians: {
    name: "equilibrium", slider: { min: 0, max: 6, step: 0.1, begin: 3, digits: 1 },
    keys: [["ink", "gan_lab_equilibrium_real"], ["accent", "gan_lab_equilibrium_generated"], ["warn", "gan_lab_equilibrium_best"]],
    charts: [
      { word: "gan_lab_equilibrium_chart", drags: (x) => 2 * Math.abs(x), axes: { x: [-6, 6], y: [0, 0.45], xs: [-4, 0, 4], ys: [0, 0.2, 0.4] },
        draw(plane, distance) {
          plane.curve((x) => bell(x, -distance / 2), "ink", { filled: true });
          plane.curve((x) => bell(x, distance / 2), "accent", { filled: true });
          plane.dot(-distance / 2, bell(0, 0), "ink");
          plane.dot(distance / 2, bell(0, 0), "accent");
        } },
      { word: "gan_lab_equilibrium_share", drags: (x) => 2 * Math.abs(x), axes: { x: [-6, 6], y: [0, 1], xs: [-4, 0, 4], ys: [0, 0.5, 1] },
        draw(plane, distance) {
          plane.level(0.5);
          plane.curve((x) => bestD(x, distance), "warn");
        } }],
    lines(distance) {
      const { js, value } = twoBells(distance);
      return [`\\mathrm{JS}(p\\hspace{.2em}\\|\\hspace{.2em}q) = ${number(js, 3)}`,
        `V(D^*, G) = -\\log\\hspace{.2em}4 + 2 \\cdot ${number(js, 3)} = ${number(value, 3)}`];
    },
    says(distance) {
      const { js, value } = twoBells(distance);
      return { distance: number(distance, 1), js: number(js, 3), value: number(value, 3) };
    },
  },
  masses: {
    name: "wasserstein", slider: { min: -2, max: 2, step: 0.1, begin: 1.5, digits: 1 },
    keys: [["ink", "gan_lab_wasserstein_real"], ["accent", "gan_lab_wasserstein_generated"], ["warn", "gan_lab_wasserstein_js"], ["quiet", "gan_lab_wasserstein_w"]],
    charts: [
      { word: "gan_lab_wasserstein_chart", drags: same, axes: { x: [-2.2, 2.2], y: [0, 1.2], xs: [-2, -1, 0, 1, 2], ys: [0, 1] },
        draw(plane, place) {
          plane.mass(0, 1, "ink");
          plane.mass(place, 1, "accent");
        } },
      { word: "gan_lab_wasserstein_distances", drags: same, axes: { x: [-2.2, 2.2], y: [-0.1, 2.2], xs: [-2, -1, 0, 1, 2], ys: [0, 1, 2] },
        draw(plane, place) {
          const { js, wasserstein } = twoMasses(place);
          plane.rule(place);
          plane.curve(() => LOG2, "warn");
          plane.curve((x) => twoMasses(x).wasserstein, "quiet");
          plane.dot(0, LOG2, "warn", { hollow: true });  // there, and only there, JS is 0
          if (place !== 0) plane.dot(0, 0, "warn", { hollow: true });
          plane.dot(place, wasserstein, "quiet");
          plane.dot(place, js, "warn");
        } }],
    lines(place) {
      const { js, wasserstein, slope } = twoMasses(place);
      const way = place === 0 ? "" : `, \\hspace{1em} \\partial W / \\partial x = ${slope}`;
      return [`\\mathrm{JS} = ${number(js, 3)}${place === 0 ? "" : ", \\hspace{1em} \\partial\\hspace{.1em}\\mathrm{JS} / \\partial x = 0"}`, `W = |${number(place, 1)}| = ${number(wasserstein, 1)}${way}`];
    },
    says(place) {
      const { js, wasserstein } = twoMasses(place);
      return { place: number(place, 1), js: number(js, 3), wasserstein: number(wasserstein, 1) };
    },
  },
};
