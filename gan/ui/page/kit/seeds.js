// Seeds: whole numbers from 0 to 2**31 - 1, as the server takes them.
export const LAST_SEED = 2 ** 31 - 1;

// The seed that a text is; null of one that is none ("-3", "4.5", "1e3", "", "boot").
/** @param {string} text */
export function seedOf(text, most = LAST_SEED) {
  const plain = text.trim();
  return /^\d{1,10}$/.test(plain) && Number(plain) <= most ? Number(plain) : null;
}
