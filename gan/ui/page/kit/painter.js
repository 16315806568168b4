// From a latent to pixels: pipelined, newest wins, stale replies dropped; on the server or in the
// browser, whichever `engine` is set. A request is {ref, psi, z, label, mix}: `label` a class
// number or null, `mix` class weights or null (then `label` does not matter), and perhaps `fade`:
// {mix, share} of the same z in other classes, drawn over it.
/** @import { Engine, LocalEngine, Painted, Picture, PictureRequest } from "./types" */
import { modelOf, pencil, plainRef, refuse, url } from "./core.js";

const IN_FLIGHT = 4;
const FAR_MS = 60;  // a server so far away gets as many requests as a browser has connections
const FAR_IN_FLIGHT = 6;
const SLOW_MS = 100;  // a server that works so long on a picture gets one request at a time
const FINE_PX = 128;  // a larger picture is not made of visible squares
const MAX_BATCH = 64;

/** @typedef {{ request: PictureRequest, since: number, number: number }} Job */

export class Painter {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{ painted: (facts: Painted) => void, failed: (error: unknown) => void }} told
   */
  constructor(canvas, { painted, failed }) {
    this.canvas = canvas;
    this.painted = painted;
    this.failed = failed;
    /** @type {LocalEngine | null} */
    this.engine = null;
    this.asked = 0;
    this.shown = 0;
    this.flying = 0;
    /** @type {Job | null} */
    this.waiting = null;
    /** @type {string | null} */
    this.ref = null;
  }

  // `since`: when the hand moved. The last request is always painted, or told of as failed.
  /** @param {PictureRequest} request */
  paint(request, since = performance.now()) {
    this.asked += 1;
    this.ref = request.ref;
    this.engine?.want(request);
    this.waiting = { request, since, number: this.asked };
    this.#pump();
    this.#tell();
  }

  // Whether a picture is still to come, for whoever waits for the last one.
  #tell() { this.canvas.toggleAttribute("data-busy", this.flying > 0 || this.waiting !== null); }

  // Small pictures of many latents, in their order.
  /** @param {PictureRequest[]} requests */
  async batch(requests) {
    /** @type {ImageData[]} */
    const pictures = [];
    for (const part of alike(requests)) pictures.push(...await this.#renderAll(part));
    return pictures;
  }

  #pump() {
    if (!this.waiting) return;
    const local = this.engine?.takes(this.waiting.request.ref) ? this.engine : null;
    if (this.flying >= (local ?? server).room) return;
    const job = this.waiting;
    this.waiting = null;
    this.#run(local, job);
  }

  // `local`: the engine in this browser, or null for the server.
  /** @param {LocalEngine | null} local @param {Job} job */
  async #run(local, job) {
    this.flying += 1;
    try {
      this.#take(await rendered(local ?? server, job.request), job);
    } catch (error) {
      this.#fail(local, error, job);
    } finally {
      this.flying -= 1;
      this.#pump();
      this.#tell();
    }
  }

  // What is older than what is shown, or of a model that was left, is not shown any more.
  /** @param {Picture} picture @param {Job} job */
  #take(picture, { request, since, number }) {
    if (number < this.shown || request.ref !== this.ref) return;
    this.shown = number;
    draw(this.canvas, picture);
    this.canvas.dataset.seq = String(Number(this.canvas.dataset.seq) + 1);
    const { where, ms, nimg } = picture;
    requestAnimationFrame(() => {
      const facts = { where, serverMs: ms, nimg, totalMs: performance.now() - since };
      this.painted(facts);
      this.canvas.dispatchEvent(new CustomEvent("painted", { detail: facts }));
    });
  }

  /** @param {LocalEngine | null} local @param {unknown} error @param {Job} job */
  #fail(local, error, job) {
    if (local) {
      local.fail(error);
      if (job.number === this.asked) this.waiting = job;  // once more, on the server
    } else if (job.number === this.asked) this.failed(error);
  }

  /** @param {PictureRequest[]} requests */
  async #renderAll(requests) {
    if (this.engine?.takes(requests[0].ref)) {
      try {
        return await this.engine.renderAll(requests);
      } catch (error) {
        this.engine.fail(error);
      }
    }
    return server.renderAll(requests);
  }
}

// ---- on the server ----------------------------------------------------------------------------

/** @type {Engine & { flying: number, wayMs: number, workMs: number, fetch(request: PictureRequest): Promise<Picture> }} */
export const server = {
  flying: 0,
  wayMs: 0,  // how long one request takes that is alone on its way, less the work
  workMs: 0,

  get room() {
    if (this.workMs > SLOW_MS) return 1;
    return this.wayMs > FAR_MS ? FAR_IN_FLIGHT : IN_FLIGHT;
  },

  async render(request) {
    this.flying += 1;
    const [sent, alone] = [performance.now(), this.flying === 1];
    try {
      const picture = await this.fetch(request);
      this.workMs = picture.ms;
      if (alone && this.flying === 1) this.wayMs = performance.now() - sent - picture.ms;
      return picture;
    } finally {
      this.flying -= 1;
    }
  },

  async fetch({ ref, psi, z, label, mix }) {
    const body = mix ? joined([z, mix]) : z;
    const reply = await post("latent", { ref, psi: String(psi), ...(mix || label === null ? {} : { label: String(label) }) }, body);
    const [height, width, channels] = shapeOf(reply);
    const large = reply.headers.get("content-type") === "image/webp";
    return {
      where: "server", height, width, channels,
      ...(large ? { image: await createImageBitmap(await reply.blob()) }
        : { pixels: new Uint8Array(await reply.arrayBuffer()) }),
      ms: Number(reply.headers.get("x-gan-ms")), nimg: Number(reply.headers.get("x-gan-nimg")),
    };
  },

  async renderAll(requests) {
    const [{ ref, psi }] = requests;
    const body = joined(requests.flatMap((r) => [r.z, classWeights(r) ?? []]));
    const reply = await post("latents/batch", { ref, psi: String(psi) }, body);
    const [height, width, channels] = shapeOf(reply);
    const pixels = new Uint8Array(await reply.arrayBuffer());
    const size = height * width * channels;
    return requests.map((_, i) => toImageData(pixels, width, height, channels, i * size));
  },
};

/** @param {string} path @param {Record<string, string>} query @param {Float32Array<ArrayBuffer>} body */
async function post(path, query, body) {
  const reply = await fetch(url(`${path}?${new URLSearchParams(query)}`), {
    method: "POST", body, credentials: "same-origin",
    headers: { "Content-Type": "application/octet-stream" },
  });
  return reply.ok ? reply : refuse(reply);
}

/** @param {Response} reply */
const shapeOf = (reply) => (reply.headers.get("x-gan-shape") ?? "").split(",").map(Number).slice(-3);

/** @param {ArrayLike<number>[]} parts */
function joined(parts) {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// ---- helpers ------------------------------------------------------------------------------------

/** @param {Engine} engine @param {PictureRequest} request @returns {Promise<Picture>} */
async function rendered(engine, { fade, ...request }) {
  const picture = await engine.render(request);
  if (!fade) return picture;
  const over = await engine.render({ ...request, mix: fade.mix });
  return { ...picture, ...dissolved(picture, over, fade.share), ms: picture.ms + over.ms };
}

/** @param {Picture} picture @param {Picture} over @param {number} share */
function dissolved({ pixels, image }, { pixels: others, image: over }, share) {
  if (!pixels || !others) return { image, over, share };
  return { pixels: pixels.map((v, i) => Math.round(v + share * (others[i] - v))) };
}

// The weight of every class, for a model that has classes; null for one that has none.
/** @param {Pick<PictureRequest, "ref" | "label" | "mix">} request */
export function classWeights({ ref, label, mix }) {
  if (mix) return Float32Array.from(mix);
  const classes = modelOf(plainRef(ref))?.class_names.length ?? 0;
  return classes ? Float32Array.from({ length: classes }, (_, i) => Number(i === (label ?? 0))) : null;
}

// In order, cut where the model or psi changes, and into parts that one request may hold.
/** @param {PictureRequest[]} requests */
function alike(requests) {
  /** @type {PictureRequest[][]} */
  const parts = [];
  for (const request of requests) {
    const last = parts.at(-1);
    const fits = last && last.length < MAX_BATCH && last[0].ref === request.ref && last[0].psi === request.psi;
    if (fits) last.push(request);
    else parts.push([request]);
  }
  return parts;
}

/** @param {HTMLCanvasElement} canvas @param {Omit<Picture, "where" | "ms" | "nimg">} picture */
export function draw(canvas, { image, over = null, share = 0, pixels, width, height, channels }) {
  resize(canvas, width, height);
  const context = pencil(canvas);
  if (image) {
    context.clearRect(0, 0, width, height);
    context.drawImage(image, 0, 0);
    if (over) {
      context.globalAlpha = share;
      context.drawImage(over, 0, 0);
      context.globalAlpha = 1;
    }
  } else if (pixels) context.putImageData(toImageData(pixels, width, height, channels), 0, 0);
}

// Small pictures keep their pixels square and sharp, large ones are scaled smoothly.
/** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function resize(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.classList.toggle("is-fine", width > FINE_PX);
}

/** @param {ArrayLike<number>} pixels @param {number} width @param {number} height @param {number} channels */
export function toImageData(pixels, width, height, channels, start = 0) {
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);  // little-endian: A B G R
  for (let i = 0, p = start; i < out.length; i += 1, p += channels) {
    const r = pixels[p];
    const g = channels === 1 ? r : pixels[p + 1];
    const b = channels === 1 ? r : pixels[p + 2];
    const a = channels === 4 ? pixels[p + 3] : 255;
    out[i] = (a << 24) | (b << 16) | (g << 8) | r;
  }
  return image;
}

// The largest whole multiple that fits: every pixel of a small picture gets the same size.
// A picture that is larger than the room fills it.
/** @param {number} pixels @param {number} room */
export function crispSize(pixels, room) {
  const ratio = window.devicePixelRatio || 1;
  const times = Math.floor((room * ratio) / pixels);
  return times ? times * pixels / ratio : room;
}
