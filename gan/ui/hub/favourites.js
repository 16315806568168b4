// Repos that this browser remembers: starred ones, and those pulled lately. Nothing leaves it.
/** @import { Repo } from "../page/kit/types" */
import { boot, emit, recall } from "../page/kit/core.js";

/** @typedef {"favourites" | "recent"} List */
/** @type {Record<List, number>} */
const MOST = { favourites: 100, recent: 12 };
const FIELDS = ["repo", "file", "layout", "resolution", "licence", "likes", "downloads", "bytes", "updated"];

/** @param {List} list */
const key = (list) => `gan-hub-${list}`;
/** @param {Pick<Repo, "repo" | "file">} row */
export const rowKey = (row) => `${row.repo} ${row.file ?? ""}`;

// What was kept may have been written by anything: rows with a repo's name (or, of files of one's own,
// an empty one and the file's), of plain values.
/** @param {List} list @returns {Repo[]} */
export function remembered(list) {
  try {
    const rows = JSON.parse(recall(key(list)) ?? "[]");
    return Array.isArray(rows) ? rows.filter((r) => typeof r?.repo === "string" && (r.repo || typeof r.file === "string")).map(plain).slice(0, MOST[list]) : [];
  } catch { return []; }
}

/** @param {Record<string, any>} row @returns {Repo} */
function plain(row) {
  const kept = FIELDS.filter((f) => ["string", "number"].includes(typeof row[f]));
  return /** @type {Repo} */ (Object.fromEntries(kept.map((f) => [f, row[f]])));
}

/** @param {List} list @param {Repo[]} rows */
function put(list, rows) {
  boot.remember(key(list), JSON.stringify(rows.slice(0, MOST[list]).map(plain)));
  emit("hub-kept", list);
}

/** @param {Repo} row */
export const isFavourite = (row) => remembered("favourites").some((r) => rowKey(r) === rowKey(row));

/** @param {Repo} row @param {boolean} yes */
export function star(row, yes) {
  const others = remembered("favourites").filter((r) => rowKey(r) !== rowKey(row));
  put("favourites", yes ? [row, ...others] : others);
}

/** @param {Repo} row */
export function visited(row) {
  put("recent", [row, ...remembered("recent").filter((r) => rowKey(r) !== rowKey(row))]);
}
