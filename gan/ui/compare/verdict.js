// What a race came to, in sentences.
/** @import { RaceContestant, RaceNews } from "../page/kit/types" */
import { count, sentences, t, wordedFor } from "../page/kit/core.js";
import { short } from "../page/kit/figures.js";
import { sideName } from "./columns.js";

// Who came nearest to the real data, and how sure that is.
/** @param {RaceNews} race */
export function verdict(race) {
  const { contestants, state, count: samples } = race;
  const ranked = contestants.filter(({ numbers }) => numbers.fd?.mean !== undefined && numbers.fd.mean !== null)
    .sort((a, b) => Number(a.numbers.fd.mean) - Number(b.numbers.fd.mean));
  if (!ranked.length) return t("gan_race_nobody");
  const [first, second] = ranked;
  const fd = short(first.numbers.fd.mean);
  const equal = ranked.filter(({ numbers }) => short(numbers.fd.mean) === fd);
  const early = state === "stopped" ? t("gan_race_early") : "";
  const nearest = { name: sideName(first.name), names: quoted(equal), fd, count: count(samples ?? 0) };
  const key = equal.length > 1 ? "gan_race_verdict_equal" : "gan_race_verdict";
  const said = t(wordedFor(key, first.plane), nearest);  // of points FD sees no more than mean and spread
  const known = sentences(early, said, found(contestants), sameSetups(race));
  if (!second) return known;
  const seeds = Math.min(first.numbers.fd.of, second.numbers.fd.of);
  if (seeds === 1) return sentences(known, t("gan_race_one_seed"));
  if (equal.length > 1) return sentences(known, t("gan_race_means"));
  const overlap = Number(first.numbers.fd.high) >= Number(second.numbers.fd.low);
  return sentences(known, t(overlap ? "gan_race_overlap" : "gan_race_ahead", { count: seeds, name: sideName(second.name) }));
}

// Who found the most modes; of pictures, whose classes a classifier guesses, nothing.
/** @param {RaceContestant[]} contestants */
function found(contestants) {
  const of = contestants.filter(({ plane, numbers }) => plane && Number.isFinite(numbers.modes?.mean));
  if (!of.length) return "";
  const most = Math.max(...of.map(({ numbers }) => Number(numbers.modes.mean)));
  if (most === 0) return t("gan_race_verdict_no_modes");
  const names = quoted(of.filter(({ numbers }) => numbers.modes.mean === most));
  return t("gan_race_verdict_modes", { names, count: t("gan_race_modes_of", { count: Number(most.toPrecision(3)), of: count(of[0].modes_of ?? 0) }) });
}

// Which contestants have the same set-up, if any.
/** @param {RaceNews} race */
export function sameSetups({ same }) {
  return sentences(...same.map((names) => t("gan_race_same", { names: quoted(names.map((name) => ({ name }))) })));
}

/** @param {{ name: string }[]} sides */
function quoted(sides) {
  return sides.map(({ name }) => `“${sideName(name)}”`).join(t("gan_own_comma"));
}
