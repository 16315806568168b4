// The part of uqr (uqr.js, its own project) that the presentation uses; it is not checked itself.

/** Throws where no code holds so much. `border`: white modules around it; `data`: rows, true is dark. */
export function encode(
  text: string, options: { ecc: "L" | "M" | "Q" | "H"; border: number },
): { size: number; version: number; data: boolean[][] };
