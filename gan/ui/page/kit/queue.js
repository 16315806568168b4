// A public server trains one thing at a time: wait for the turn, see the place, or leave.
/** @import { StartReply } from "./types" */
import { Refused, ask, h, sentences, t } from "./core.js";

const POLL_MS = 2000;
const SOON_S = 60;

// `reply` is what the start said. Resolves to a run's or a race's id, or to null where the visitor left.
/** @param {StartReply} reply @param {HTMLElement} place @returns {Promise<string | null>} */
export async function myTurn(reply, place, name = "queue") {
  if (!reply.ticket) return reply.id ?? null;
  const { ticket } = reply;
  let left = false;
  /** @type {(value?: unknown) => void} */
  let wake = () => {};
  const text = h("span", {});
  const leave = h("button", { type: "button", class: "ga-button", id: `${name}-leave`, onclick: () => { left = true; wake(); } }, t("gan_queue_leave"));
  const node = h("p", { class: "ga-undo", id: name, role: "status" }, text, leave);
  place.after(node);
  try {
    for (let news = reply; ; news = await ask(`train/queue?ticket=${ticket}`)) {
      if (news.problem) throw new Refused(news.problem);
      if (news.id) return news.id;
      const place = t("gan_queue_place", { position: news.position, of: news.of });
      const { wait_s: waits_s = 0 } = news;
      const ending = news.ending ? t("gan_queue_ending") : "";
      const soon = waits_s < SOON_S ? t("gan_queue_soon") : t("gan_queue_time", { minutes: Math.ceil(waits_s / 60) });
      const words = sentences(place, ending, soon);
      if (text.textContent !== words) text.textContent = words;
      if (!left) await new Promise((done) => { wake = done; setTimeout(done, POLL_MS); });  // one timer: a hidden tab has few
      if (left) {
        await ask("train/queue/leave", { ticket }).catch(() => null);
        return null;
      }
    }
  } finally {
    node.remove();
  }
}
