// From a latent to pixels on the canvas: pipelined requests, newest wins, stale replies dropped.
import { refuse, url } from "./core.js";

const IN_FLIGHT = 4;  // enough to hide 80 ms of network behind a 60-Hz drag

export class Painter {
  constructor(canvas, { painted, failed }) {
    Object.assign(this, { canvas, painted, failed, sent: 0, shown: 0, flying: 0, waiting: null });
  }

  // `request`: {ref, at, psi, label, z: Float32Array}; `since`: when the hand moved.
  paint(request, since = performance.now()) {
    if (this.flying >= IN_FLIGHT) this.waiting = [request, since];
    else this.#send(request, since);
  }

  async #send({ ref, psi, label, z }, since) {
    const mine = ++this.sent;
    this.flying += 1;
    try {
      const query = new URLSearchParams({ ref, psi, ...(label === null ? {} : { label }) });
      const reply = await fetch(url(`latent?${query}`), {
        method: "POST", body: z, credentials: "same-origin",
        headers: { "Content-Type": "application/octet-stream" },
      });
      if (!reply.ok) await refuse(reply);
      const pixels = new Uint8Array(await reply.arrayBuffer());
      if (mine > this.shown) {
        this.shown = mine;
        this.#draw(pixels, reply.headers, since);
      }
    } catch (error) {
      if (mine === this.sent) this.failed(error);
    } finally {
      this.flying -= 1;
      const next = this.waiting;
      this.waiting = null;
      if (next) this.paint(...next);
    }
  }

  #draw(pixels, headers, since) {
    const [height, width, channels] = headers.get("x-gan-shape").split(",").map(Number);
    const { canvas } = this;
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
    }
    canvas.getContext("2d").putImageData(toImageData(pixels, width, height, channels), 0, 0);
    canvas.dataset.seq = Number(canvas.dataset.seq) + 1;
    const facts = { serverMs: Number(headers.get("x-gan-ms")), nimg: Number(headers.get("x-gan-nimg")) };
    requestAnimationFrame(() => this.painted({ ...facts, totalMs: performance.now() - since }));
  }
}

export function toImageData(pixels, width, height, channels, start = 0) {
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);  // little-endian: A B G R
  for (let i = 0, p = start; i < out.length; i += 1, p += channels) {
    const r = pixels[p];
    const g = channels === 1 ? r : pixels[p + 1];
    const b = channels === 1 ? r : pixels[p + 2];
    out[i] = 0xff000000 | (b << 16) | (g << 8) | r;
  }
  return image;
}

// The largest whole multiple that fits: every pixel of a small picture gets the same size.
export function crispSize(pixels, room) {
  const ratio = window.devicePixelRatio || 1;
  return Math.max(1, Math.floor((room * ratio) / pixels)) * pixels / ratio;
}
