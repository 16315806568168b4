// The page's side of generator.js: a worker that draws with one model, and what it is to be given.
import { ask, url } from "./core.js";

export const SWITCH = "gan-in-browser";  // "on" or "off" where a visitor switched it
const STUCK_MS = { load: 120_000, render: 10_000 };  // the runtime is 2.3 MB on the way

/**
 * What the server says of a model: whether a browser may have it, and where its runtime lies.
 * @typedef {{ revision: string, nimg: number, bytes: number, fits: boolean, private: boolean, one_pass: boolean, classes: number, runtime: string }} Facts
 */

// A network that fails, unlike a model that does not run.
export class Unreachable extends Error {}
/** @param {Error} error @returns {never} */
export const unreachable = (error) => { throw new Unreachable(error.message); };

/** @param {string} ref @returns {Promise<Facts>} */
export const factsOf = (ref) => ask(`model?${new URLSearchParams({ ref })}`).catch(unreachable);

/** @param {string} ref @param {string} revision */
export async function modelFile(ref, revision) {
  const query = new URLSearchParams({ ref, revision });
  const reply = await fetch(url(`model.onnx?${query}`), { credentials: "same-origin" }).catch(unreachable);
  if (!reply.ok) throw new Unreachable(`model.onnx: ${reply.status}`);
  return reply.arrayBuffer();
}

export class GeneratorWorker {
  constructor() {
    this.worker = new Worker(new URL("./generator.js", import.meta.url), { type: "module" });
    this.count = 0;
    /** @type {Map<number, { resolve(value: any): void, reject(error: Error): void, timer: number }>} */
    this.calls = new Map();
    this.worker.addEventListener("message", ({ data }) => this.#answer(data));
    this.worker.addEventListener("error", (e) => {
      e.preventDefault();
      this.end(e.message || "the worker did not start");
    });
  }

  /**
   * @param {"load" | "render"} task
   * @param {object} values
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>} what the task of generator.js returns
   */
  call(task, values, transfer = []) {
    return new Promise((resolve, reject) => {
      this.count += 1;
      const id = this.count;
      const timer = setTimeout(() => this.#answer({ id, error: `${task} took too long` }), STUCK_MS[task]);
      this.calls.set(id, { resolve, reject, timer });
      this.worker.postMessage({ id, task, values }, transfer);
    });
  }

  /** @param {Facts} facts @param {ArrayBuffer} model the file, which is handed over */
  load({ runtime, revision }, model) {
    return this.call("load", { runtime: url(runtime), model, revision }, [model]);
  }

  /** @param {{ id: number, value?: any, error?: string }} answer */
  #answer({ id, value, error }) {
    const call = this.calls.get(id);
    if (!call) return;
    this.calls.delete(id);
    clearTimeout(call.timer);
    if (error === undefined) call.resolve(value);
    else call.reject(new Error(error));
  }

  end(reason = "it was ended") {
    this.worker.terminate();
    for (const id of [...this.calls.keys()]) this.#answer({ id, error: reason });
  }
}
