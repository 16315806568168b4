// The question of a lesson: answers to choose from, or an estimate; what was answered is judged at once.
/** @import { Choice, Estimate, Lesson } from "./lessons.js" */
import { currentLanguage, fillRange, h, t } from "../page/kit/core.js";
import { withMaths } from "./maths.js";

/** @typedef {{ given: number | null }} Given the answer chosen so far (from 1), or the estimate */

/** @param {Lesson} lesson @param {Given} state kept by the caller @param {(right: boolean) => void} answered */
export function buildQuestion(lesson, state, answered) {
  const { name, question } = lesson;
  const said = h("p", { class: "ga-lab-said", role: "status" });
  const judge = "answers" in question ? choice(name, question, state, said, answered) : estimate(name, question, state, said, answered);
  return h("section", { class: "ga-panel ga-lab-question" },
    h("header", {}, h("h3", {}, t("gan_lab_question"))),
    h("p", { id: "lab-ask" }, ...withMaths(t(`gan_lab_${name}_ask`))), judge, said);
}

/** @param {HTMLElement} said @param {boolean} right @param {string} why */
function tell(said, right, why) {
  said.classList.toggle("is-right", right);
  const space = currentLanguage() === "zh" ? "" : " ";
  said.replaceChildren(h("b", {}, t(right ? "gan_lab_right" : "gan_lab_not_yet")), space, ...withMaths(why));
}

/** @param {string} name @param {Choice} question @param {Given} state @param {HTMLElement} said @param {(right: boolean) => void} answered */
function choice(name, { answers, right }, state, said, answered) {
  const buttons = Array.from({ length: answers }, (_, i) => h("button", {
    type: "button", class: "ga-button ga-lab-answer", "data-help": "gan_lab_answer_help", "data-mark": String(i + 1), "aria-pressed": "false",
    onclick: () => { state.given = i + 1; draw(); answered(i + 1 === right); },
  }, h("span", {}, ...withMaths(t(`gan_lab_${name}_answer${i + 1}`)))));
  const draw = () => {
    buttons.forEach((button, i) => {
      const given = state.given === i + 1;
      button.setAttribute("aria-pressed", String(given));
      button.classList.toggle("is-right", given && i + 1 === right);
      button.classList.toggle("is-wrong", given && i + 1 !== right);
    });
    if (state.given) tell(said, state.given === right, t(`gan_lab_${name}_why${state.given}`));
  };
  draw();
  return h("div", { class: "ga-lab-answers", role: "group", "aria-labelledby": "lab-ask" }, ...buttons);
}

/** @param {string} name @param {Estimate} question @param {Given} state @param {HTMLElement} said @param {(right: boolean) => void} answered */
function estimate(name, { low, high, step, begin, right, within, digits }, state, said, answered) {
  const input = h("input", { type: "range", class: "ga-range", id: `lab-estimate-${name}`, min: low, max: high, step });
  input.value = String(state.given ?? begin);
  const shown = h("output", { for: input.id });
  const draw = () => {
    shown.textContent = Number(input.value).toFixed(digits);
    fillRange(input, low);
  };
  const judge = () => {
    const off = Number(input.value) - right;
    const hit = Math.abs(off) <= within + 1e-9;
    tell(said, hit, t(`gan_lab_${name}_why_${hit ? "right" : off < 0 ? "low" : "high"}`));
    return hit;
  };
  input.addEventListener("input", draw);
  draw();
  if (state.given !== null) judge();
  return h("div", { class: "ga-lab-answers" },
    h("label", { class: "ga-lab-slider", "data-help": "gan_lab_estimate_help" }, h("span", {}, t("gan_lab_estimate")), shown, input),
    h("button", { type: "button", class: "ga-button", id: `lab-check-${name}`, "data-help": "gan_lab_check_help",
      onclick: () => { state.given = Number(input.value); answered(judge()); } }, t("gan_lab_check")));
}
