// "Show me the code": the training of a set-up as one file, which the browser saves.
import { refuse, url } from "./core.js";
import { save } from "./lines.js";

/**
 * @param {Record<string, unknown>} form as Start sends it
 * @param {string} ending py or ipynb
 */
export async function saveCode(form, ending) {
  const reply = await fetch(url(`train/code?as=${ending}`), {
    method: "POST", credentials: "same-origin", body: JSON.stringify(form),
    headers: { "Content-Type": "application/json" },
  });
  if (!reply.ok) await refuse(reply);
  const name = /filename="([^"]+)"/.exec(reply.headers.get("content-disposition") ?? "")?.[1] ?? "training.py";
  save(await reply.blob(), name);
}
