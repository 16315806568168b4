// The generator itself, in the browser: an ONNX file in onnxruntime-web, one thread. Loaded as a
// worker, so that the page never waits for it; knows nothing of the page.
let ort = null;
let session = null;  // {revision, run}

const isWorker = "WorkerGlobalScope" in globalThis;

// `runtime`: where onnxruntime-web lies; `model`: bytes of the file.
export async function load({ runtime, model, revision }) {
  ort ??= await start(runtime);
  const fresh = await ort.InferenceSession.create(new Uint8Array(model), {
    executionProviders: ["wasm"], graphOptimizationLevel: "all",
  });
  await release();  // the old one draws until the new one can
  session = { revision, run: fresh };
}

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
export async function render({ revision, count, z, weights, psi }) {
  if (session?.revision !== revision) throw new Error("another model is loaded by now");
  const begin = performance.now();
  const feeds = {
    z: table(z, count), psi: new ort.Tensor("float32", [psi], [1]),
    ...(weights ? { weights: table(weights, count) } : {}),
  };
  const { x } = await session.run.run(feeds);
  const [, channels, height, width] = x.dims;
  const pixels = interleaved(x.data, count, channels, height * width);
  x.dispose();
  return { pixels, height, width, channels, ms: performance.now() - begin };
}

const table = (data, rows) => new ort.Tensor("float32", data, [rows, data.length / rows]);

// [-1, 1], channels first -> bytes, channels last; a clamped array rounds to the nearest even.
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
