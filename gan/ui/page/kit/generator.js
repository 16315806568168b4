// The generator itself, in the browser: an ONNX file in onnxruntime-web, one thread. Loaded as a
// worker, so that the page never waits for it; knows nothing of the page.
/**
 * What is used of onnxruntime-web.
 * @typedef {{ dims: number[], data: Float32Array, dispose(): void }} Tensor
 * @typedef {{ run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>, release(): Promise<void> }} Run
 * @typedef {{ InferenceSession: { create(model: Uint8Array, options: object): Promise<Run> }, env: { wasm: object, logLevel: string },
 *   Tensor: new (type: "float32", data: ArrayLike<number>, dims: number[]) => Tensor }} Runtime
 */

/** @type {Runtime | null} */
let ort = null;
/** @type {{ revision: string, run: Run } | null} */
let session = null;

const isWorker = "WorkerGlobalScope" in globalThis;

// `runtime`: where onnxruntime-web lies; `model`: bytes of the file.
/** @param {{ runtime: string, model: ArrayBuffer, revision: string }} what */
export async function load({ runtime, model, revision }) {
  ort ??= await start(runtime);
  const fresh = await ort.InferenceSession.create(new Uint8Array(model), {
    executionProviders: ["wasm"], graphOptimizationLevel: "all",
  });
  await release();  // the old one draws until the new one can
  session = { revision, run: fresh };
}

/** @param {string} runtime @returns {Promise<Runtime>} */
async function start(runtime) {
  const library = await import(`${runtime}ort.wasm.bundle.min.mjs`);
  Object.assign(library.env.wasm, {
    numThreads: 1, wasmPaths: { wasm: `${runtime}ort-wasm-simd-threaded.wasm` },
  });
  library.env.logLevel = "error";
  return library;
}

export async function release() {
  const old = session;
  session = null;
  await old?.run.release();
}

// z (count x z_dim) and weights (count x classes, or null) flat; psi one number for all.
// Pixels come back as rows of interleaved bytes, as the server sends them.
/** @param {{ revision: string, count: number, z: Float32Array, weights: Float32Array | null, psi: number }} what */
export async function render({ revision, count, z, weights, psi }) {
  if (session?.revision !== revision) throw new Error("another model is loaded by now");
  const begin = performance.now();
  const { Tensor } = /** @type {Runtime} */ (ort);  // there is a session
  const feeds = {
    z: table(Tensor, z, count), psi: new Tensor("float32", [psi], [1]),
    ...(weights ? { weights: table(Tensor, weights, count) } : {}),
  };
  const { x } = await session.run.run(feeds);
  const [, channels, height, width] = x.dims;
  const pixels = interleaved(x.data, count, channels, height * width);
  x.dispose();
  return { pixels, height, width, channels, ms: performance.now() - begin };
}

/** @param {Runtime["Tensor"]} Tensor @param {Float32Array} data @param {number} rows */
const table = (Tensor, data, rows) => new Tensor("float32", data, [rows, data.length / rows]);

// [-1, 1], channels first -> bytes, channels last; a clamped array rounds to the nearest even.
/** @param {Float32Array} x @param {number} count @param {number} channels @param {number} size px of each */
function interleaved(x, count, channels, size) {
  const bytes = new Uint8ClampedArray(x.length);
  for (let n = 0, from = 0; n < count; n += 1) {
    for (let c = 0; c < channels; c += 1) {
      let to = n * channels * size + c;
      for (let i = 0; i < size; i += 1, from += 1, to += channels) bytes[to] = 127.5 * x[from] + 127.5;
    }
  }
  return new Uint8Array(bytes.buffer);
}

/** @type {Record<string, (values: any) => Promise<any>>} */
const TASKS = { load, render, release };

if (isWorker) {
  self.addEventListener("message", async ({ data: { id, task, values } }) => {
    try {
      const value = await TASKS[task](values);
      self.postMessage({ id, value }, { transfer: value?.pixels ? [value.pixels.buffer] : [] });
    } catch (error) {
      self.postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
}
