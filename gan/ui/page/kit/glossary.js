// The glossary: a page of all words, from the texts that explain them in place. An entry is a name
// and a sentence of the catalogues; its id, without `gan_`, is what links say (#glossary=set_r1).
/** @import { Word } from "./types" */
import { addressOf, copyText, find, h, icon, knows, on, t } from "./core.js";

/** @param {string[]} names */
const TERMS = (...names) => names.map((name) => `term_${name}`);

// What belongs together, in the order in which one would learn it.
const TOPICS = {
  game: [...TERMS("gan", "generator", "discriminator", "game", "noise", "latent", "w", "class", "step", "vae", "rnn", "flow", "drift", "article"), "chart_scores",
    ...["score_real", "score_held_out", "score_fake"].map((name) => `line_${name}`)],
  losses: ["set_loss", ...TERMS("minimax", "nonsaturating", "least-squares", "hinge", "wasserstein-gp", "relativistic"),
    "chart_losses", "set_r1", "set_r2", "set_gp", "set_reg_every", "set_reg_end", "chart_penalty"],
  optimisers: ["set_optimizer", ...TERMS("adam", "adamw", "sgd", "rmsprop", "muon"), "set_g_lr", "set_d_lr", "set_lr_schedule", "set_lr_end", "set_fall_after", "set_fall_kimg", "set_beta1", "set_beta2",
    "set_batch_size", "set_batch_growth", "set_growth_kimg", "set_d_steps", "set_clip_norm", "set_ema_half_life_kimg", "averaging", "chart_gradients", "chart_rates"],
  trouble: ["mode-collapse", "d-winning", "d-losing", "memorising", "divergence", "stagnation"].map((name) => `finding_${name}`),
  remedies: ["add-r1", "lower-d-rate", "raise-d-rate", "lower-g-rate", "raise-g-rate", "lower-rates", "clip-gradients", "use-sgd",
    "minibatch-std", "packing", "diffaug", "ada", "second-discriminator", "multi-scale", "aux-classes", "more-ema", "spectral-norm"].map((name) => `remedy_${name}`),
  judging: [...["fd", "kd", "precision", "recall", "density", "coverage", "memorised"].map((name) => `metric_${name}`),
    "line_fd_floor", "term_features", "line_modes", "line_spread", "line_memorised", "line_nearest", "metric_images", "metric_rate"],
  settings: ["set_spectral_norm", "set_augment", "set_augment_p", "set_ada_target", "set_flip", "set_shift_px", "set_d_count", "set_d_reduce",
    "set_d_scales", "set_packing", "set_minibatch_std", "set_aux_classes", "set_aux_weight", "set_resolution", "set_width", "set_depth", "set_modulation",
    "set_ode_steps", "set_solver", "set_seed", "set_kimg", "preset", "fork_here"],
  exploring: ["metric_psi", "metric_seed", "metric_sigma", "directions", ...["ranked", "pca", "sefa", "class", "drawn"].map((name) => `kind_${name}`),
    "mutate", "panel_walk", "panel_mix", "panel_map", "panel_picture", "panel_inside"],
};

// What one asks next; of each pair both lead to the other.
const PAIRS = [
  ["metric_fd", "line_fd_floor", "term_features", "metric_kd"], ["line_modes", "finding_mode-collapse", "line_spread"], ["metric_psi", "term_w"],
  ["term_latent", "term_noise", "directions", "metric_seed"], ["kind_pca", "kind_sefa", "kind_ranked", "kind_class", "kind_drawn", "metric_sigma"],
  ["chart_scores", "term_discriminator", "finding_d-winning", "finding_d-losing"], ["term_gan", "term_generator", "term_discriminator", "term_game"],
  ["chart_losses", "set_loss", "term_game"], ["set_loss", "term_minimax", "term_nonsaturating", "term_relativistic"],
  ["term_wasserstein-gp", "set_gp"], ["set_r1", "set_r2", "set_reg_every", "set_reg_end", "finding_d-winning"], ["set_augment", "set_augment_p", "set_ada_target", "finding_memorising"],
  ["set_optimizer", "term_adam", "set_beta1", "set_beta2"], ["set_g_lr", "term_adam", "finding_divergence"], ["set_lr_schedule", "set_lr_end", "set_fall_after", "set_fall_kimg", "set_g_lr", "chart_rates"], ["set_d_lr", "finding_d-winning"],
  ["chart_gradients", "set_clip_norm", "finding_d-winning"], ["set_ema_half_life_kimg", "averaging", "term_generator"],
  ["set_packing", "set_minibatch_std", "finding_mode-collapse"], ["line_memorised", "line_nearest", "finding_memorising"],
  ["precision", "recall"].map((name) => `metric_${name}`), ["density", "coverage"].map((name) => `metric_${name}`),
  ["metric_images", "term_step", "set_batch_size"], ["set_batch_size", "set_batch_growth", "set_growth_kimg"], ["line_score_held_out", "finding_memorising"],
  ["set_modulation", "term_generator", "term_noise"], ["set_spectral_norm", "set_r1"], ["chart_distance", "metric_fd"], ["chart_variety", "line_modes"], ["chart_copies", "line_memorised"], ["chart_penalty", "set_r1"],
  ["term_flow", "term_vae", "term_rnn", "term_gan"], ["term_flow", "set_ode_steps", "set_solver"],
  ["term_drift", "term_flow", "term_gan"], ["term_drift", "set_tau", "chart_drift", "set_batch_size"],
];
const MOST_RELATED = 4;
const SAID_MS = 1600;

/** @param {string} id @returns {Word} */
function entry(id) {
  const says = [`gan_${id}_help`, `gan_${id}_why`, `gan_direction_${id.slice(5)}_help`].find(knows);
  if (!says) throw new Error(`no sentence for the word ${id}`);
  return { id, term: `gan_${id}`, says };
}

const IDS = new Set(Object.values(TOPICS).flat());
// Some sentences are an entry's under another name.
/** @type {Record<string, string>} */
const OTHERS = { nimg: "metric_images", rate: "metric_rate", chart_distance: "metric_fd", seed: "metric_seed", leaders_fd: "metric_fd",
  line_loss_g: "chart_losses", line_loss_d: "chart_losses", line_fd: "metric_fd" };

/** @param {string} key of a sentence @returns {string} */
function idOf(key) {
  const id = key.replace(/^gan_/, "").replace(/^direction_(\w+)_help$/, "kind_$1").replace(/_(help|why)$/, "");
  return OTHERS[id] ?? id;
}

/** @param {string} key of a sentence @returns {Word[]} what to read next */
export function relatedTo(key) {
  const id = idOf(key);
  const near = PAIRS.filter((pair) => pair.includes(id)).flat().filter((other) => other !== id && IDS.has(other));
  return [...new Set(near)].slice(0, MOST_RELATED).map(entry);
}

/** @type {Glossary | null} */
let open = null;

// Opens it, at an entry where one is named.
/** @param {string} [id] */
export function openGlossary(id = "") {
  open ??= new Glossary();
  open.show(id);
}

class Glossary {
  constructor() {
    this.before = document.activeElement;
    this.text = h("input", { type: "search", class: "ga-input", id: "glossary-find", spellcheck: "false", autocomplete: "off", oninput: () => this.#filter() });
    this.none = h("p", { class: "ga-quiet", role: "status" });
    this.body = h("div", { class: "ga-glossary-body" });
    this.title = h("h2", { id: "glossary-title" });
    this.shut = h("button", { type: "button", class: "ga-button is-bare is-icon", id: "glossary-close", onclick: () => this.node.close() }, icon("close"));
    this.node = h("dialog", { class: "ga ga-glossary", "aria-labelledby": "glossary-title" },
      h("header", {}, this.title, this.text, this.shut), this.none, this.body);
    this.node.addEventListener("close", () => this.#closed());
    this.node.addEventListener("click", (e) => { if (e.target === this.node) this.node.close(); });
    document.body.append(this.node);
    this.#words();
    on("language", () => { if (open === this) this.#words(); });
    this.node.showModal();
  }

  /** @param {string} id */
  show(id) {
    if (!IDS.has(id)) return;
    this.text.value = "";
    this.#filter();
    const link = find(this.node, `#${CSS.escape(`word-${id}`)} a`);
    link.scrollIntoView({ block: "center" });
    link.focus({ preventScroll: true });
    for (const row of this.node.querySelectorAll(".is-asked")) row.classList.remove("is-asked");
    link.closest(".ga-word")?.classList.add("is-asked");
  }

  #words() {
    this.title.textContent = t("gan_glossary");
    this.text.placeholder = t("gan_glossary_find");
    this.text.setAttribute("aria-label", t("gan_glossary_find"));
    this.shut.setAttribute("aria-label", t("gan_close"));
    this.shut.title = t("gan_close");
    this.body.replaceChildren(...Object.entries(TOPICS).map(([topic, ids]) => h("section", {}, h("h3", {}, t(`gan_topic_${topic}`)),
      h("dl", {}, ...ids.map(entry).map(({ id, term, says }) => h("div", { class: "ga-word", id: `word-${id}` },
        h("dt", {}, h("a", { href: addressOf({ glossary: id }), onclick: (/** @type {MouseEvent & { currentTarget: HTMLAnchorElement }} */ e) => this.#copy(e) }, t(term))), h("dd", {}, t(says))))))));
    this.#filter();
  }

  // The link of a word is copied; opened anew, as from its menu, it leads here.
  /** @param {MouseEvent & { currentTarget: HTMLAnchorElement }} e */
  #copy(e) {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    const label = h("span", { class: "ga-quiet", role: "status", "data-t": "gan_copied" });
    copyText(e.currentTarget.href, h("span", {}, label));
    label.textContent = t("gan_glossary_copied");
    e.currentTarget.parentElement?.append(label);
    setTimeout(() => label.remove(), SAID_MS);
  }

  #filter() {
    const wanted = this.text.value.trim().toLowerCase();
    let found = 0;
    for (const section of this.body.children) {
      const rows = /** @type {HTMLElement[]} */ ([...section.querySelectorAll(".ga-word")]);
      for (const row of rows) row.hidden = !row.textContent?.toLowerCase().includes(wanted);
      const left = rows.filter((row) => !row.hidden).length;
      found += left;
      /** @type {HTMLElement} */ (section).hidden = !left;
    }
    this.none.textContent = found ? "" : t("gan_glossary_none", { text: this.text.value.trim() });
  }

  #closed() {
    open = null;
    this.node.remove();
    if (this.before instanceof HTMLElement) this.before.focus();
  }
}
