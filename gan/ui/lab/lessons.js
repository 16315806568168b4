// The lessons: what each is made of. Its words are `gan_lab_<name>_...` in the catalogues.
//
// steps: the formula under each paragraph, or null; doors: what its buttons open; question: either
// answers to choose from (`right` counts from 1), or an estimate on a slider.

const tex = String.raw;

/**
 * @typedef {{ act: "explore", model: string, point: string }
 *   | { act: "train", preset: string, seconds: number, kimg?: number, settings?: Record<string, string> }
 *   | { act: "evaluate", model: string } | { act: "play", set: string } | { act: "lesson", name: string }} Door `point`: as in the address
 * @typedef {{ answers: number, right: number }} Choice
 * @typedef {{ low: number, high: number, step: number, begin: number, right: number, within: number, digits: number }} Estimate
 * @typedef {{ name: string, minutes: number, steps: (string | null)[], figure?: "losses" | "gaussians" | "masses",
 *   doors: Door[], question: Choice | Estimate }} Lesson
 */

/** @type {Lesson[]} */
export const LESSONS = [
  { name: "players", minutes: 2,
    steps: [tex`z \sim N(0, I), \qquad x = G(z)`, tex`D(x) = \sigma(\mathrm{score}) \in (0, 1)`, null, null],
    doors: [{ act: "explore", model: "fashion", point: "seed=7" }, { act: "train", preset: "digits", seconds: 30 }],
    question: { answers: 3, right: 1 } },
  { name: "steps", minutes: 3,
    steps: [null, null, tex`L_D = -\mathrm{E}_x\hspace{.15em} \log\hspace{.2em}D(x) - \mathrm{E}_z\hspace{.15em} \log(1 - D(G(z)))`, tex`L_G = -\mathrm{E}_z\hspace{.15em} \log\hspace{.2em}D(G(z))`],
    doors: [{ act: "train", preset: "digits", seconds: 120 }],
    question: { answers: 3, right: 2 } },
  { name: "losses", minutes: 4, figure: "losses",
    steps: [
      tex`\begin{aligned}\min_G\hspace{.2em} \max_D\hspace{.2em} V &= \mathrm{E}_x\hspace{.15em} \log\hspace{.2em}D(x) \\ &\quad + \mathrm{E}_z\hspace{.15em} \log(1 - D(G(z)))\end{aligned}`,
      tex`\begin{aligned} L_D &= -\mathrm{E}_x\hspace{.15em} \log\hspace{.2em}D(x) - \mathrm{E}_z\hspace{.15em} \log(1 - D(G(z))) \\ L_G &= \mathrm{E}_z\hspace{.15em} \log(1 - D(G(z)))\end{aligned}`,
      tex`L_G = -\mathrm{E}_z\hspace{.15em} \log\hspace{.2em}D(G(z))`, null],
    doors: [
      { act: "train", preset: "article", seconds: 60, settings: { loss: "minimax" } },
      { act: "train", preset: "article", seconds: 60, settings: { loss: "nonsaturating" } }],
    question: { low: 1, high: 150, step: 1, begin: 20, right: 99, within: 5, digits: 0 } },
  { name: "gradient", minutes: 3,
    steps: [null, tex`\frac{\partial L_G}{\partial \theta} = \frac{\partial L_G}{\partial s} \cdot \frac{\partial s}{\partial x} \cdot \frac{\partial G(z)}{\partial \theta}`, null, null],
    doors: [{ act: "train", preset: "digits", seconds: 60 }, { act: "train", preset: "ring", seconds: 60 }, { act: "play", set: "play=ring" }],
    question: { answers: 3, right: 3 } },
  { name: "equilibrium", minutes: 4, figure: "gaussians",
    steps: [tex`D^*(x) = \frac{p(x)}{p(x) + q(x)}`, tex`V(D^*, G) = -\log\hspace{.2em}4 + 2\hspace{.2em}\mathrm{JS}(p \hspace{.2em}\|\hspace{.2em} q)`, null, null],
    doors: [{ act: "train", preset: "ring", seconds: 60 }, { act: "train", preset: "grid", seconds: 60 }],
    question: { low: 0, high: 1, step: 0.05, begin: 0.9, right: 0.5, within: 0.01, digits: 2 } },
  { name: "collapse", minutes: 4,
    steps: [null, null, null, null],
    doors: [{ act: "train", preset: "ring-article", seconds: 60 }, { act: "train", preset: "ring", seconds: 60 }, { act: "play", set: "play=ring&recipe=article" }],
    question: { answers: 3, right: 2 } },
  { name: "stability", minutes: 4,
    steps: [
      tex`\begin{aligned} &x' = x - \eta y, \quad y' = y + \eta x \\ &x'^2 + y'^2 = (1 + \eta^2)(x^2 + y^2)\end{aligned}`,
      tex`g \leftarrow g \cdot \min(1, c / \lVert g \rVert)`, null, null],
    doors: [
      { act: "train", preset: "ring", seconds: 60, settings: { g_lr: "0.1", d_lr: "0.1", lr_schedule: "constant" } },
      { act: "train", preset: "ring", seconds: 60, settings: { g_lr: "0.1", d_lr: "0.1", lr_schedule: "constant", clip_norm: "1" } },
      { act: "train", preset: "ring", seconds: 60, settings: { optimizer: "sgd", g_lr: "0.1", d_lr: "0.1", lr_schedule: "constant" } }],
    question: { answers: 3, right: 1 } },
  { name: "wasserstein", minutes: 4, figure: "masses",
    steps: [null, tex`W(p, q) = \max_{\lVert f \rVert_L \le 1} \mathrm{E}_p f(x) - \mathrm{E}_q f(x)`,
      tex`\lambda\hspace{.2em} \mathrm{E}_{\hat x} (\lVert \nabla f(\hat x) \rVert - 1)^2`,
      tex`R_1 = \frac{\gamma}{2}\hspace{.2em} \mathrm{E}_{x \sim p} \lVert \nabla s(x) \rVert^2`],
    doors: [
      { act: "train", preset: "ring", seconds: 60, settings: { loss: "wasserstein-gp", r1: "0", r2: "0" } },
      { act: "train", preset: "ring", seconds: 60, settings: { r1: "0", r2: "0" } }],
    question: { answers: 3, right: 3 } },
  { name: "latent", minutes: 4,
    steps: [tex`z_t = \frac{\sin((1 - t)\hspace{.1em}\omega)}{\sin\hspace{.2em} \omega}\hspace{.2em} z_0 + \frac{\sin(t\hspace{.1em}\omega)}{\sin\hspace{.2em} \omega}\hspace{.2em} z_1`, null,
      tex`A^\top A n = \lambda n`, tex`w' = \bar w + \psi (w - \bar w)`],
    doors: [
      { act: "explore", model: "fashion", point: "seed=12&class=9&d=pca-1:2" },
      { act: "explore", model: "fashion", point: "seed=12&class=9&d=sefa-1:2" },
      { act: "explore", model: "fashion", point: "seed=12&class=9&psi=0" }],
    question: { answers: 3, right: 2 } },
  { name: "families", minutes: 4,
    steps: [tex`\begin{aligned}\log\hspace{.2em}p(x) \ge {} &\mathrm{E}_q\hspace{.15em} \log\hspace{.2em}p(x \mid z) \\ &- \mathrm{KL}(q(z \mid x) \hspace{.2em}\|\hspace{.2em} p(z))\end{aligned}`,
      tex`\log\hspace{.2em}p(x) = \sum_i \log\hspace{.2em}p(x_i \mid x_1, \dots, x_{i-1})`, null, null, null],
    doors: [
      { act: "explore", model: "fashion-vae", point: "seed=3&class=9" }, { act: "explore", model: "fashion-rnn", point: "seed=3&class=9" },
      { act: "explore", model: "fashion", point: "seed=3&class=9" }, { act: "evaluate", model: "fashion" }, { act: "lesson", name: "flow" }],
    question: { answers: 3, right: 3 } },
  { name: "flow", minutes: 4,
    steps: [tex`x_t = (1 - t)\hspace{.1em} z + t\hspace{.1em} x, \qquad \frac{\mathrm{d} x_t}{\mathrm{d} t} = x - z`,
      tex`L = \mathrm{E}_{x, z, t} \lVert v(x_t, t) - (x - z) \rVert^2`,
      tex`x_{t + h} = x_t + h\hspace{.1em} v(x_t, t)`, null,
      tex`V = V_p - V_q, \quad V_p(x) = \frac{\mathrm{E}_{y \sim p} [k\hspace{.1em} (y - x)]}{\mathrm{E}_{y \sim p} [k]}`],
    doors: [
      { act: "play", set: "play=ring&recipe=flow" }, { act: "train", preset: "ring-flow", seconds: 60 },
      { act: "train", preset: "ring-flow", seconds: 60, settings: { ode_steps: "1", solver: "euler" } },
      { act: "play", set: "play=ring&recipe=drift" }],
    question: { answers: 3, right: 2 } },
];
