// Sentences as data, { key, values }: an English template or a catalogue's key, filled in by the
// page in its own language (gan/messages.py). No document here: tests run it in Node.
/** @import { Message, MessageValue } from "./types" */

const PLACEHOLDER = /( ?)\{(\w+)\}( ?)/g;
const UNSPACED = /^[\u4e00-\u9fff“”（）]$/;  // Chinese has no spaces around what is filled in
const LABELS = { seconds: "gan_duration" };  // the other settings: gan_set_<name>

/**
 * @param {Record<string, string>} texts a catalogue
 * @param {Message} message
 * @param {boolean} [typed] settings keep the names that were typed, instead of their fields' labels
 * @returns {string}
 */
export function render(texts, { key, values = {} }, typed = false) {
  const text = texts[key] ?? key;
  return text.replace(PLACEHOLDER, (whole, before, name, after, at) => {
    const value = name !== "field" && name in values ? written(texts, values[name], typed)
      : called(texts, String(values[name] ?? name), typed);
    const left = before && touch(text[at - 1], value[0]) ? "" : before;
    const right = after && touch(value.at(-1), text[at + whole.length]) ? "" : after;
    return left + value + right;
  });
}

/** @param {string | undefined} a @param {string | undefined} b */
const touch = (a, b) => UNSPACED.test(a ?? "") && UNSPACED.test(b ?? "");

/** @param {Record<string, string>} texts @param {MessageValue} value @param {boolean} typed @returns {string} */
function written(texts, value, typed) {
  if (Array.isArray(value)) return value.map((part) => written(texts, part, typed)).join(texts[", "] ?? ", ");
  return typeof value === "object" && value !== null ? render(texts, value, typed) : String(value);
}

/** @param {Record<string, string>} texts @param {string} name @param {boolean} typed */
function called(texts, name, typed) {
  const label = texts[/** @type {Record<string, string>} */ (LABELS)[name] ?? `gan_set_${name}`];
  return label && !typed ? `“${label}”` : name;
}

/**
 * A whole sentence: what the library says begins in lower case and without a full stop, as in a terminal.
 * @param {Record<string, string>} texts
 * @param {Message} message
 * @param {boolean} [typed]
 */
export function sentence(texts, message, typed = false) {
  const text = render(texts, message, typed);
  const named = message.values?.field || text.split(" ", 1)[0].includes("/");  // a name is spelt as it is
  const begun = named ? text : text.replace(/^[a-z]/, (letter) => letter.toUpperCase());
  if (!begun || /[.?!。？！]$/.test(begun)) return begun;
  return begun + (/[\u4e00-\u9fff]”?$/.test(begun) ? "。" : ".");
}
