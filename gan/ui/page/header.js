// The frame's one line: which model, what is training, which language, light or dark.
import {
  ACTIVE, boot, choose, currentLanguage, find, h, leave, modelOf, nameTabs, ofPoints, on, openTab, plainRef,
  prepare, refresh, setLanguage, state, t, linkTab, wordedAt,
} from "./kit/core.js";
import { listenForDrops } from "./kit/drop.js";
import { startHelp } from "./kit/help.js";

/** @param {HTMLElement} element */
export function mount(element) {
  const root = prepare(element);
  const select = find(root, "#model-select", HTMLSelectElement);
  select.addEventListener("change", () => choose(select.value));
  const choices = Object.entries(boot.languages).map(([name, { name: label, tag }]) => h("button", {
    type: "button", class: "ga-button is-bare", id: `language-${name}`, lang: tag, onclick: () => setLanguage(name),
  }, label));
  find(root, "#languages").prepend(...choices);
  find(root, "#theme-toggle").addEventListener("click", () => {
    boot.setTheme(document.documentElement.dataset.gaTheme === "dark" ? "light" : "dark");
  });
  startHelp(find(root, "#help-toggle"));
  find(root, "#not-kept").hidden = boot.kept;
  find(root, "#skip").addEventListener("click", (e) => {
    e.preventDefault();  // the address belongs to tabs and points
    const panel = [...document.querySelectorAll('[role="tabpanel"]')].find((node) => node instanceof HTMLElement && node.offsetParent);
    const first = panel?.querySelector(".ga :is(a, button, input, select, [tabindex='0']):not(:disabled)");
    if (first instanceof HTMLElement) first.focus();
  });
  find(root, "#home").addEventListener("click", () => openTab(boot.tabs[0]));
  const chip = find(root, "#run-chip");
  chip.addEventListener("click", () => {
    openTab("train");
    if (chip.dataset.run) leave("watch", chip.dataset.run);  // Train may not be there yet
  });

  const draw = () => {
    drawModels(select);
    drawFacts(root, find(root, "#model-facts"), find(root, "#fd-term"));
    drawChip(chip);
    for (const choice of choices) {
      choice.setAttribute("aria-pressed", String(choice.id === `language-${currentLanguage()}`));
    }
  };
  for (const name of /** @type {const} */ (["state", "model", "language"])) on(name, draw);
  on("offline", (gone) => {
    const note = find(root, "#offline");
    note.hidden = !gone;
    note.textContent = gone ? t("gan_offline") : "";
  });
  const dropped = find(root, "#drop-note");
  listenForDrops((problem) => { dropped.textContent = problem; });  // stays until another file or tab
  let gone = "";  // the model of the link that was opened, until another is chosen
  const sayGone = () => {
    const other = gone && state.ref ? plainRef(state.ref) : "";
    find(root, "#link-note").textContent = other ? t("gan_link_gone", { name: plainRef(gone), other: modelOf(other)?.name ?? other }) : "";
  };
  on("link-gone", (ref) => { gone = ref; setTimeout(() => { sayGone(); on("model", () => { gone = ""; sayGone(); }); }); });
  on("language", sayGone);
  draw();
  refresh();
  waitForTabs();
}

// Gradio draws the tabs after the header; name them, and open the one that a link asks for.
function waitForTabs(tries = 60) {
  if (!document.querySelector('.tab-container button[role="tab"]')) {
    if (tries) setTimeout(() => waitForTabs(tries - 1), 50);
    return;
  }
  nameTabs();
  openTab(boot.landing);  // it is already, unless Gradio did not take it from landing.js
  find(document, "#tabs").addEventListener("click", () => {
    find(document, "#drop-note").textContent = "";
    setTimeout(linkTab);
  });
}

/** @param {HTMLSelectElement} select */
function drawModels(select) {
  const chosen = state.ref ? plainRef(state.ref) : "";
  /** @param {import("./kit/types").Model} m */
  const names = (m) => (ACTIVE.includes(m.state) ? t("gan_model_running", { name: m.name }) : m.name);
  const wanted = JSON.stringify([currentLanguage(), state.models.map((m) => [m.ref, names(m)])]);
  if (select.dataset.drawn !== wanted) {  // an open list stays open while nothing changed
    select.dataset.drawn = wanted;
    /** @param {string} kind @param {string} key */
    const group = (kind, key) => {
      const models = state.models.filter((m) => m.kind === kind);
      return models.length ? [h("optgroup", { label: t(key) },
        ...models.map((m) => h("option", { value: m.ref }, names(m))))] : [];
    };
    select.replaceChildren(
      ...group("bundled", "gan_models_bundled"), ...group("pulled", "gan_models_pulled"),
      ...group("run", "gan_models_runs"));
    if (!select.options.length && state.ready) {
      select.append(h("option", { value: "" }, t("gan_no_models")));
    }
  }
  if (select.value !== chosen) select.value = chosen;
}

/** @param {HTMLElement} root @param {HTMLElement} output @param {HTMLElement} term */
function drawFacts(root, output, term) {
  const model = state.ref ? modelOf(plainRef(state.ref)) : null;
  ofPoints(root, model?.plane ?? false);
  output.textContent = !model ? "" : t(wordedAt(output, "gan_model_facts"), {
    size: model.resolution, dims: model.z_dim,
    fd: model.fd === null ? "" : t("gan_model_fd", { fd: model.fd.toFixed(2) }),
  });
  term.hidden = typeof model?.fd !== "number";
}

/** @param {HTMLElement} chip */
function drawChip(chip) {
  const run = state.runs.find((r) => ["starting", "running"].includes(r.state))
    ?? state.runs.find((r) => r.state === "paused");
  chip.hidden = !run;
  if (!run) return;
  chip.dataset.run = run.id;
  find(chip, "i").className = run.state === "paused" ? "ga-dot" : "ga-dot is-live";
  find(chip, ".ga-chip-name").textContent = run.id;
  find(chip, ".ga-chip-share").textContent = run.fraction === null
    ? t(`gan_state_${run.state}`) : `${Math.floor(run.fraction * 100)} %`;
}
