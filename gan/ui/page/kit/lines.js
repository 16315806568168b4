// A reply that tells of long work line by line, and what comes after the lines.
import { Refused, refuse, url } from "./core.js";

// `told` gets each line's object. The bytes after the line that holds `size` are the result: a Blob,
// or null where there was none. Aborting `signal` ends the work on the server too.
/**
 * @param {string} path
 * @param {BodyInit} body
 * @param {{ told: (news: any) => void, signal?: AbortSignal }} how
 */
export async function follow(path, body, { told, signal }) {
  const reply = await fetch(url(path), {
    method: "POST", body, signal, credentials: "same-origin",
    headers: { "Content-Type": "application/octet-stream" },
  });
  if (!reply.ok || !reply.body) return refuse(reply);
  const reader = reply.body.getReader();
  const parser = new Lines(told);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return parser.blob();
    parser.take(value);
  }
}

class Lines {
  /** @param {(news: any) => void} told */
  constructor(told) {
    this.told = told;
    this.rest = new Uint8Array(0);
    /** @type {BlobPart[]} */
    this.parts = [];
    /** @type {{ type: string, size: number } | null} */
    this.file = null;
  }

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  take(bytes) {
    if (this.file) return this.parts.push(bytes);
    this.rest = joined(this.rest, bytes);
    for (let end = this.rest.indexOf(10); end >= 0 && !this.file; end = this.rest.indexOf(10)) {
      this.#line(new TextDecoder().decode(this.rest.subarray(0, end)));
      this.rest = this.rest.slice(end + 1);
    }
    if (this.file) this.parts.push(this.rest);
    return undefined;
  }

  /** @param {string} text */
  #line(text) {
    const data = JSON.parse(text);
    if (data.key) throw new Refused(data);
    if (data.size) this.file = data;
    this.told(data);
  }

  blob() {
    if (!this.file) return null;
    const blob = new Blob(this.parts, { type: this.file.type });
    if (blob.size !== this.file.size) throw new Error("the file is not whole");
    return blob;
  }
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function joined(a, b) {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

/** @param {string} coded base64 */
export function bytesOf(coded) {
  return Uint8Array.from(atob(coded), (c) => c.charCodeAt(0));
}

/** @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement("a");
  Object.assign(link, { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
