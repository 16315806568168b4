// What the page's modules hand each other, for the type checker alone: no browser fetches this file.
// The shapes that come from the server are made in gan/ui/server/views.py and the tabs' routes.

// ---- what boot.js leaves for all --------------------------------------------------------------

/** One field of a training's settings. */
export interface SettingField {
  key: string;
  kind: "choice" | "whole" | "number";
  steer: boolean;  // a running training takes it
  of: Kind[];  // what is trained where it is there
  pictures: boolean;  // not where points are trained on
  idle: [other: string, value: string, differs: boolean][];  // no effect where all hold
  choices?: string[];
}

/** What a family of networks is trained by: a game against D, an encoder and a decoder, row by row, from noise along a velocity, moved by a field. */
export type Kind = "gan" | "vae" | "rnn" | "flow" | "drift";

/** A preset of the form, built in or one's own; its settings as the fields show them. */
export interface Preset {
  data: string;
  summary: string;
  size: number;  // 0: the data's own
  of?: Kind;  // a preset of one's own has its base's
  family?: string;  // likewise
  settings: Settings;
  base?: string;  // of one's own: the built-in one that it began with
}

/** Settings by key, as text. */
export type Settings = Record<string, string>;

/** window.GAN: what app.py writes into the page, and what boot.js adds. */
export interface Boot {
  assets: string;
  languages: Record<string, { name: string; tag: string }>;
  tabs: string[];
  local: boolean;  // served to its owner alone
  limit_s: number | null;  // of a training, on a public server
  kept: boolean;
  pictures: { formats: string[]; accept: string; bytes: number };  // that may be sent
  owner?: boolean;  // of the owner's page: whoever opened it is the owner
  train: {
    presets: Record<string, Preset>;
    data: string[];
    groups: { name: string; fields: SettingField[] }[];
    keep_mb: string;
    sizes: number[];
    data_sizes: Record<string, number>;
    data_classes: Record<string, number>;
    public_most: { resolution: number };
    averaging: { low: number; high: number };  // lengths of an average
    cards: { machine: string; presets: Record<string, { seconds: number; nimg: number }> };  // in their order
  };
  compare: {
    presets: Record<string, { plane: boolean }>;
    changes: Record<string, string[]>;
    data: Record<string, { plane: boolean }>;
    ready: Record<string, { ready: string; data: string; sides: { name: string; preset: string; change: string }[] }>;
    usual: { seconds: string; seeds: string };
    fewest: number;
    most: number;
  };
  evaluate: { data: string[]; points: string[]; counts: number[]; judges: { name: string; here: boolean }[]; judge_package: string };
  lab: { clinic: Clinic };
  landing: string;  // the tab that this visit began with
  wall: Promise<Response> | null;  // of the first tab, asked for before any script was there
  language: string;
  remember(key: string, value: string): void;
  wordsOf(language: string): Promise<Record<string, string>>;
  setTheme(name: "light" | "dark"): void;
  mount(script: string, element: HTMLElement): void;
}

declare global {
  interface Window { GAN: Boot; GAN_LANDING?: { tab: string; wall: Promise<Response> | null } }
}

// ---- races ------------------------------------------------------------------------------------

/** A number over the seeds that have it. */
export interface OverSeeds { mean: number | null; low: number | null; high: number | null; of: number }

/** One side of a race, as it stands. */
export interface RaceContestant {
  name: string;
  preset: string;
  plane: boolean;  // of points
  steps: number | null;
  parameters: { g: number | null; second: number | null; second_name: string | null };
  state: RunState | "waiting";
  seed: number | null;
  seconds: number;
  runs: string[];
  deleted?: boolean;  // it had trainings, and none is left
  troubles: { seed: number; reason: Message; seconds: number }[];
  waits: Message | null;  // why it stands still, as on a full disk
  numbers: Record<string, OverSeeds>;
  modes_of: number | null;
  outside: { count: number; of: number } | null;  // points that the picture cannot show
  picture: string | null;  // below /_gan/
}

/** A race, under way or over. */
export interface RaceNews {
  id: string;
  stage: "training" | "measuring" | "over";
  state: "running" | "finished" | "stopped";
  data: string;
  seconds: number;
  seeds: number[];
  count: number | null;
  setup: { ready: string; sides: { preset: string; change: string }[]; data: string; seconds: string; seeds: string } | null;
  measuring: { name?: string; fraction?: number };
  problem: RefusedBody | null;
  fraction: number;
  contestants: RaceContestant[];
  same: string[][];  // names of those with the same set-up
  curves: { of: number; x: number[]; mean: (number | null)[]; low: (number | null)[]; high: (number | null)[] }[];
  mine: boolean;  // this visitor may stop it
}

/** A row of the earlier races. */
export interface ListedRace {
  id: string;
  made: string;
  names: string[];
  data: string;
  seconds: number;
  seeds: number;
  state: string;
  best: { name: string; fd: number } | null;
}

/** Mean, least and most over the seeds. */
export interface Spread { mean: number; low: number; high: number; of: number }

/** What remedies did to a training that collapses, as benchmarks/collapse.py measured it. */
export interface Clinic {
  preset: string;
  made: { date: string; command: string; machine: string; versions: Record<string, string>;
    steps: number; seeds: number[]; samples: number; of: number };
  rows: ClinicRow[];
  left_out: string[];
}

export interface ClinicRow {
  name: string;
  group: string;
  settings: Settings;
  kimg: number;
  modes: Spread;
  high_quality: Spread;
  mode_kl: Spread | null;
  time: number;  // times the base's
  diverged: number;
  verdict: "more" | "alike" | "fewer" | "not-learned";
}

// ---- trainings ----------------------------------------------------------------------------------

/** Where a fork begins: the moment that is kept (`nimg`; null: the newest), and the one that was pointed at. */
export interface Fork {
  id: string;
  nimg: number | null;
  asked?: number | null;
  whole?: boolean;  // with the optimisers and D, not weights alone
}

/** The form of a training, as text (gan/ui/train/start_form.py). */
export interface TrainFormValues {
  preset: string;
  data: string;
  seed: string;
  seconds: string;
  kimg: string;
  other: string;  // key=value, apart by spaces
  keep_mb: string;
  log: string;
  settings: Settings;
  fork: Fork | null;
}

/** What a start says: the id of what began, or a ticket of a public server's queue and the place in it. */
export interface StartReply {
  id?: string | null;
  ticket?: string;
  position?: number;
  of?: number;
  wait_s?: number;
  ending?: boolean;  // the one that runs is past its time
  problem?: RefusedBody | null;
  fork?: Fork | null;  // where it really begins
}

/** A set of images of one's own. */
export interface OwnSet {
  id: string;
  spec: string;  // as the form names these data
  name: string;
  count: number;
  resolution: number;
  channels: number;
  flip: boolean;
  classes: number;
  class_list?: [name: string, count: number][];
  skipped: Record<string, number>;  // why, how many
  drawn_of?: number | null;  // of how many these were drawn
}

/** What may be sent. */
export interface OwnLimits { off?: boolean; bytes: number; file_bytes: number; images: number; megapixels: number; jpeg_megapixels: number }

// ---- models and runs --------------------------------------------------------------------------

export type RunState = "starting" | "running" | "paused" | "finished" | "stopped" | "interrupted" | "failed";

/** A row of the model selector. */
export interface Model {
  ref: string;
  kind: "bundled" | "pulled" | "run";
  name: string;
  resolution: number;
  channels: number;
  z_dim: number;
  class_names: string[];
  nimg: number;
  fd: number | null;
  state: RunState | "";  // of a run
  of: Kind;
  classified: boolean;  // there is a classifier for its pictures
  plane: boolean;  // it makes points of the plane, which are shown as pictures
  seed?: number;  // that Explore opens it with, where it is one of ours
}

/** A run's status, with what this visitor may do about it. */
export interface Run {
  id: string;
  state: RunState;
  nimg: number;
  seconds: number | null;
  images_per_s: number;
  fraction: number | null;
  message: Message | null;
  preset: string;
  data: string;
  steps_per_s: number | null;
  steerable: boolean;
  resumable: boolean;
  forkable: boolean;
  since: number;  // when it began: tells a run from a deleted one of its name
  start?: { stage: string; seconds?: number; loading_s?: number };  // while it is starting
}

/** A row of the list of runs. */
export interface ListedRun extends Run {
  name: string;
  note: string;
  mine: boolean;
  bytes: number;
  started_at: number | null;
  fd: number | null;
  snapshot: number | null;
  plane: boolean;
}

/** A line of a run's curves or measures: the numbers that are there, by name. */
export type Row = { nimg: number } & Record<string, number>;

/** One change in a run's history. */
export interface RunEvent {
  event: string;
  nimg: number | null;
  seconds: number | null;
  time: number | null;
  key?: string;
  old?: string;
  new?: string;
  remedy?: string;
}

export type Evidence = Record<string, string | number | null>;

export interface Remedy { name: string; settings: Settings; nimg?: number | null }

/** Something that goes wrong in a training, with what would help. */
export interface Finding {
  kind: string;
  severity: string;
  nimg: number;
  evidence: Evidence;
  remedies: Remedy[];
}

/** How a run stands in which nothing was found. */
export interface Health { state: string; evidence: Evidence }

/** What one single step did: numbers by name, scores of the samples before and after. */
export interface Step {
  number: number;
  nimg: number;
  what: "d" | "g" | "both";
  losses: Record<string, number | null>;
  grad_norms: Record<string, number | null>;
  loss: Record<string, number | null>;
  grad_norm: Record<string, number | null>;
  lr: Record<string, number | null>;
  scores_before: Record<string, number | null>;
  scores_after: Record<string, number | null>;
  fake_scores_before: (number | null)[];
  fake_scores_after: (number | null)[];
}

/** A run as the Train tab knows it by now; its parts show it. */
export interface WatchedRun {
  id: string | null;
  rows: Row[];
  measures: Row[];
  history: RunEvent[];
  findings: Finding[];
  snapshots: number[];
  weights: number[];
  classes: string[];
  status: Run | null;
  health: Health | null;
  step: Step | null;
  settings: Settings | null;
  parameters: { g: number; d: number } | null;  // of the networks
  begun_with: { seed: number; seconds: number | null } | null;
  of: Kind;
  plane: boolean;  // on points of the plane
  reals: boolean;
  beginning: boolean;
}

// ---- the picture of a game ----------------------------------------------------------------------

export type Side = "d" | "g";

/** What a loss asks of D's scores: whose, how, and where. */
export type ScoreAim = [whose: "real" | "fake", how: "high" | "low" | "near" | "above" | "below" | "over", at?: number];

/** A part of the picture, as a box. */
export type GamePart = { id: string } & ({ kind: "noise" | "pictures" | "scores" | "code" | "rows" | "between" }
  | { kind: "network"; word?: string; sign?: string } | { kind: "numbers"; keys: string[] } | { kind: "loss"; side: Side });

/** In a turn: the parts that move and are held still, and the lines ("from>to") of data and of gradients. */
export interface GameFlow { moves: string[]; held: string[]; forward: string[]; back: string[] }

export type GameNetworks = Record<string, { parameters?: number | null; gradient?: number | null }>;

/** The numbers of a run, or of the single step that it rests at. */
export interface GameNumbers {
  networks: GameNetworks;
  scores: Record<string, number | null | undefined>;
  before: Record<string, number | null> | null;  // the scores before the step
  losses: Record<string, number | null | undefined>;
}

/** What the picture of a game shows at a moment. */
export interface GameValues extends GameNumbers {
  pictures: Record<string, string | null>;  // addresses of sheets
  points?: Record<string, ArrayLike<number> | null>;  // instead of them, in the plane
  z_dim?: number;
  loss: string;
  turn: string;
  says: string;
  alt: string;
  moving: boolean;
  fresh: boolean;  // the turn has just changed
}

/** What a kind of training is, as a picture. */
export interface GameKind {
  name: Kind;
  nodes: GamePart[];
  wide: string[];  // rows of a grid, by the parts' ids
  narrow: string[];
  edges: string[];
  gradients: string[];
  turns: Step["what"][];
  changes?: string[];  // numbers that tell what a step did, where there is no D
  normOf?(key: string, networks: GameNetworks): number | null | undefined;
  read(run: Pick<WatchedRun, "rows" | "parameters">, step: Step | null): GameNumbers;
  flowOf(turn: string, loss: string): GameFlow;
}

// ---- curves -------------------------------------------------------------------------------------

/** A curve: the numbers of a name, or what `of` makes of a row. */
export interface Series {
  key: string;
  tone: "accent" | "ink" | "dashed";
  of?(row: Row): number;
}

/** What a chart shows. */
export interface ChartSpec {
  name: string;
  series: Series[];
  signed?: boolean;  // values below zero are no mistake
  percent?: boolean;
  measured?: boolean;  // few points, of measures
  counted?: string;  // the number that says of how many samples
  range?: [low: number, high: number];  // at least
}

/** What charts side by side share. */
export interface ChartGroup {
  axis: string;  // the number along x
  smooth: number;  // 0: as it is
  log: boolean;
  at: number | null;  // of the crosshair
  moment: number | null;  // of the time machine
  plane: boolean;  // of points
  extent(): [low: number, high: number];
  nameOf(x: number): string;
  marks(): number[];
  point(x: number | null): void;
  zoomTo(extent: [low: number, high: number] | null): void;
}

// ---- points of latent space -------------------------------------------------------------------

/** As fetch sends them. */
export type Floats = Float32Array<ArrayBuffer>;
export type Vector = Floats | number[];

/** What Explore shows, as it was chosen: a seed or a z of its own, and what was moved from there. */
export interface Point {
  seed: number;
  base: Floats | null;  // a z of its own, in place of the seed's
  label: number | null;  // null: the seed's own class
  mix: number[] | null;
  held: boolean;  // the class or mixture stays when another seed is chosen
  psi: number;
  moves: Record<string, number>;  // dimension -> its value
  steps: Record<string, number>;  // a direction's id -> sigmas
  from: Origin | null;  // null: what its seed makes
}

/** Where a point came from: by what, from which pins, and the directions as they were there. */
export interface Origin {
  how: How | null;  // null: it is the pin itself
  pins: string[];
  steps: Record<string, number>;
}

export type How = "seed" | "gallery" | "map" | "grid" | "found" | "mixed" | "between" | "mutated" | "changed" | "moved";

/** A point with all moves applied; `mix` weights of the classes, null in a model without. */
export interface Place {
  z: Floats;
  mix: number[] | null;
  label?: number | null;
  seed?: number | null;
  fade?: Fade | null;
  psi?: number;  // where it has its own
  pin?: string;  // that it is
}

/** The same z in other classes, drawn over it. */
export interface Fade { mix: number[]; share: number }

/** A picture on the shelf: the point that makes it, and where it came from. */
export interface Pin {
  id: string;
  name: string;
  ref: string;  // of the weights; of a training the moment too
  model: string;  // its name
  point: string;  // as a link says it
  place: PinPlace | null;  // null: what the seed makes
  made: number;  // ms since 1970
  from: PinOrigin;
  turns: [name: string, sigmas: number][];  // the directions that it is moved along
  picture: string | null;  // a data: address; null until it has been drawn
}

export interface PinPlace { z: string; mix: number[] | null; label: number | null }

/** From which by what; their names as they were, for those that are gone. */
export interface PinOrigin {
  how: How;
  pins: { id: string; name: string }[];
  turns: [name: string, sigmas: number][];  // moved along since
}

/** What a tab lets its shelf do; `prefix` of the controls' ids. */
export interface ShelfHost {
  prefix: string;
  emptyWord: string;  // the key of what is said while there is nothing
  open(pin: Pin): void;
  stage: ShelfStage | null;
}

/** A big picture: pins are shown on it, and the way between two; null is the picture on show. */
export interface ShelfStage {
  show(pin: Pin, still: () => boolean): Promise<void>;
  settle(): void;
  picture(): Promise<string | null>;
  joins(a: Pin, b: Pin | null): boolean;
  play(a: Pin, b: Pin | null): Promise<void>;
  scrub(a: Pin, b: Pin | null, at: number): Promise<void>;
  film(a: Pin, b: Pin | null): Promise<void>;
  stop(): void;
  readonly playing: boolean;
  readonly at: number;
  told: () => void;  // it has moved
}

/** What was done, for undo. */
export interface Act { undo(): unknown; redo(): unknown }

/** What a seed stands for. */
export interface Seeded { seed: number; z: Floats; label: number | null }

/** A way to move in latent space. */
export interface Direction {
  id: string;
  name: string;
  kind: "pca" | "sefa" | "class" | "drawn" | "gone";
  share: number | null;
  given?: string | null;  // what somebody calls it
  vector: Floats;  // one sigma
  weights: Floats | null;  // what one sigma adds to the class weights
  target: number | null;  // the class that it leads to
  shared: boolean;  // the same for everyone who opens a link
}

/** As the server and files hold one: vectors as base64 of float32. */
export interface PackedDirection {
  id: string;
  name: string;
  kind: Direction["kind"];
  share?: number | null;
  vector: string;
  classes: string | null;
}

/** What the painter is asked for. */
export interface PictureRequest {
  ref: string;
  psi: number;
  z: Floats;
  label: number | null;
  mix: Vector | null;
  fade?: Fade | null;
}

/** A picture that came: rows of bytes from small models, an image from large ones. */
export interface Picture {
  where: "server" | "browser";
  width: number;
  height: number;
  channels: number;
  pixels?: Uint8Array;
  image?: ImageBitmap;
  over?: ImageBitmap | null;  // drawn over it
  share?: number;  // as strongly as this
  ms: number;  // of work
  nimg: number;  // of the weights that made it
}

/** Where pictures are made: the server, or this browser. */
export interface Engine {
  readonly room: number;  // requests at a time
  render(request: PictureRequest): Promise<Picture>;
  renderAll(requests: PictureRequest[]): Promise<ImageData[]>;
}

/** The engine in this browser, which has one model at a time. */
export interface LocalEngine extends Engine {
  want(request: PictureRequest): void;  // from here on the model is on its way
  takes(ref: string): boolean;
  fail(error: unknown): void;
}

/** What is told of a picture that is on the screen. */
export interface Painted { where: Picture["where"]; serverMs: number; nimg: number; totalMs: number }

/** A picture of the gallery: one a ref, side by side. */
export interface Entry {
  refs: string[];
  seed: number;
  label: number | null;
  psi: number;
  shown?: number | null;  // the class that it turned out to have
  score?: number;
  by?: string;
}

// ---- what modules tell each other (emit and on of core.js) --------------------------------------

/** Each kind of event with its detail. */
export interface Events {
  state: State;  // the server told of models and runs
  model: { ref: string | null; extra: Partial<Point> | null; said: string };  // another one was chosen
  language: string;
  theme: undefined;
  offline: boolean;
  /** the model that a link names, where it is not here */
  "link-gone": string;
  latent: { settled: boolean };  // the point has changed; not settled within a drag
  "latent-failed": string;
  locks: undefined;
  weights: undefined;  // a training on show has newer ones
  directions: undefined;
  "drawn-act": { act: string; id: string; row: HTMLElement | undefined };
  shelf: undefined;  // it has changed
  did: Act;  // something that undo can take back
  history: undefined;  // there is more or less to undo
  "walk-wish": Place[];  // a walk through these
  "train-wish": { preset: string; seconds: number; kimg?: number; settings?: Record<string, string> };  // fill the form with these
  watch: string;  // a run's id
  picture: File;  // of one's own, for Explore to find
  "weights-file": File;  // for the Hub's tab to open
  fork: string;
  tour: undefined;  // somebody wants to be shown around
  toured: undefined;  // it has ended
  present: undefined;  // the big picture is wanted on the whole screen
  "hub-busy": boolean;
  "hub-kept": "favourites" | "recent";
}

// ---- elements -----------------------------------------------------------------------------------

type Handlers<E> = { [K in keyof HTMLElementEventMap as `on${K}`]?: ((event: HTMLElementEventMap[K] & { currentTarget: E }) => unknown) | null };

/** Attributes of an element, and what listens to it; null, undefined and false are none. */
export interface Attributes<E = HTMLElement> extends Handlers<E> { [name: string]: any }

// ---- explained in place -------------------------------------------------------------------------

/** What is explained, and the key of its sentence. */
export interface Explained {
  host: Element;
  key: string;
}

/** A word of the glossary, as keys of the catalogues. */
export interface Word {
  id: string;  // in links
  term: string;
  says: string;
}

// ---- presentation -----------------------------------------------------------------------------

/** A key of a presentation, which is a button there as well. */
export interface PresentKey {
  keys: string[];  // as in KeyboardEvent.key, letters small
  both?: boolean;  // the first two are a pair, such as left and right
  says(): string | null;  // null: there is nothing for it to do now
  act(key: string): void;
  released?(): void;  // the key may be held; at its end
}

/** What a tab shows in a presentation. */
export interface Presented {
  label(): string;
  draw(canvas: HTMLCanvasElement, room: number): void;  // each frame, as large as fits into `room` CSS px
  says(): { title: string; sub?: string; line: string; note?: string };
  keys: PresentKey[];
  link(): string;
  closed?(): void;
}

// ---- replies ----------------------------------------------------------------------------------

/** Why the server refused: a key of the words, or a sentence of the library's. */
/** A sentence or a part of one as data: an English template, or a key of a catalogue. */
export interface Message {
  key: string;
  values?: Record<string, MessageValue>;
}

export type MessageValue = string | number | boolean | Message | MessageValue[];

/** What the owner's page shows (gan/ui/owner/report.py); MB, null where it is not known. */
export interface OwnerReport {
  version: string;
  local: boolean;
  up_s: number;
  running: { id: string; state: string; seconds: number; of_s: number | null; viewers: number }[];
  waiting: number;
  places: number;
  memory: { total: number | null; free: number | null; server: number | null; children: number | null };
  disk: { total: number | null; free: number | null; runs: number; own: number };
  counts: { visits: number; visitors: number; started: number; refused: number };
  errors: [string, number][];
  limits: {
    uploads: boolean; upload_mb: number; training_s: number; step_s: number; memory_mb: number; kept_h: number; kept_runs: number;
    most: Record<string, number>; rates: Record<string, number[]>;
  };
}

export interface RefusedBody extends Message {
  error?: string;  // in English, for programs
  field?: string | null;
  typed?: boolean;  // settings are called as they were typed
  kind?: string;  // of a failure at the Hub
  request?: string;  // its id in the server's log
}

/** What is known of the server, and which model is chosen. */
export type State = StateReply & { ref: string | null; ready: boolean };

/** The state route. */
export interface StateReply { models: Model[]; runs: Run[]; asking: number }  // asking: pages that ask for this

/** A run's news since what was known of it. */
export interface RunNews extends Omit<WatchedRun, "beginning" | "status" | "classes" | "parameters" | "begun_with"> {
  gone?: RefusedBody;
  status: Run;
  problem: RefusedBody | null;
  again: boolean;  // from the beginning: it went back
  thinned: boolean;
  viewers: number;
  bytes: number;
  mark: number;
  classes?: string[];
  parameters?: WatchedRun["parameters"];
  begun_with?: WatchedRun["begun_with"];
  keep_mb?: number;
}

/** A layer of G at a point: its feature maps as base64 of bytes. */
export interface Layer {
  kind: string;
  name: string;
  total: number;
  count: number;  // of the maps that are here
  height: number;
  width: number;
  maps: string;
}

/** What G and D make of a point. */
export interface LookInside {
  shape: [height: number, width: number, channels: number];
  picture: string;  // base64 of bytes
  judgement: { score: number; pull: string; over_fakes: number | null; over_reals: number | null } | null;  // no D, no judgement
  layers: Layer[];
}

/** The real pictures nearest to a point, or how far they are studied. */
export type NearestReals = { state: "studying"; fraction: number } | { state: "none" } | {
  state: "ready";
  shape: [height: number, width: number, channels: number];
  pixels: string;  // base64 of bytes
  distances: number[];
  labels: string[];
  close: number;  // nearer is a copy
  usual: number;
  count: number;
  subset: boolean;
  data: string;
  shown: boolean;  // the model was trained on them
};

export type MetricName = "fd" | "kd" | "precision" | "recall" | "density" | "coverage" | "memorised"
  | "modes" | "high_quality" | "mode_kl" | "js";

export interface Metric {
  name: MetricName;
  value: number;
  floor: number;
  low: number | null;
  high: number | null;
  count: number;
  lower_is_better: boolean;
  grade: string;
  ratio: number;
}

/** How good a model is. */
export interface Evaluation {
  data: string;
  features: string;
  count: number;
  seed: number;
  unseen: string;
  shown: boolean;
  seconds: number | null;
  copying_z: number | null;
  metrics: Metric[];
  classes: { name: string; fraction: number }[];
  covered: number | null;
  nearest: { seed: number; ratio: number }[];
  groups: number;
  missing: { real: number; samples: number }[];
}

/** Pictures one after another. */
export interface Strip { shape: number[]; pixels: string }  // height, width, channels; base64 of bytes

/** The last line of an evaluation's reply; without pictures where it was measured before. */
export interface EvaluationNews {
  evaluation: Evaluation;
  nimg: number;
  asked?: number;  // samples; more than there are means fewer
  pairs: (Strip & { count: number }) | null;  // samples, then the nearest real image of each
  missing?: (Strip & { each: number }) | null;  // real images of groups that are hardly there
}

/** The distance that a model's card states. */
export interface Stated {
  fd: number;
  floor: number | null;
  features: string;
  data: string;
  count: number | null;
  seed: number | null;
}

/** A row of the leaderboard. */
export interface Rated extends Pick<Model, "ref" | "kind" | "name" | "nimg" | "state"> {
  seconds: number | null;
  data: string;
  evaluation: Evaluation | null;
  card: Stated | null;
}

// ---- the Hub ----------------------------------------------------------------------------------

/** A repository on the Hub, known, found or remembered. */
export interface Repo {
  repo: string;
  file?: string | null;
  layout?: string;
  resolution?: number;
  licence?: string;
  note?: string;
  foreign?: boolean;
  likes?: number;
  downloads?: number;
  bytes?: number;
  updated?: string;
  gated?: boolean;
  has_weights?: boolean;
}

/** A model that was pulled. */
export interface Pulled {
  ref: string;
  name: string;
  bytes: number;
  repo: string;
  commit: string;
  file: string;
  licence: string;
  layout: string;
  resolution: number;
  readings: Record<string, string>[];  // what the same file can be
  bundled?: boolean;  // comes with the app
  cached?: boolean;
  warning?: Message | null;  // why the Hub could not be asked whether there is a newer one
}

/** What a visitor may publish, and as whom. */
export interface PublishRights { open: boolean; login: boolean; account: string | null; sign_in?: string; sign_out?: string }

/** What the Hub's tab shows (gan/ui/hub/routes.py). */
export interface HubNews {
  pulled: Pulled[];
  bundled: Pulled[];
  known: Repo[];
  endpoint: string;
  login: boolean;
  publish: PublishRights;
}

/** What is to be pulled: a repo, one file of it, or a file of one's own. */
export interface PullOrder { repo: string; file?: string | null; own?: File; login?: boolean }

/** A file that a repo has, to choose from. */
export interface HubFile { name: string; bytes: number | null }

/** A line of a pull's reply. */
export interface PullNews { stage?: string; done: number; of: number; choices?: HubFile[]; pulled?: Pulled }

/** What would be published. */
export interface PublishPlan {
  id: string;
  repo: string;
  private: boolean;
  exists: boolean;
  unasked: "token" | "hub" | "";  // why nobody asked whether it exists
  files: { path: string; bytes: number }[];
  overwrites: string[];
  warnings: Message[];
  card: string;
}
