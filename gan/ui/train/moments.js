// A moment of a training, by what it had been shown until then: images, or points of the plane.
import { count, t, wordedFor } from "../page/kit/core.js";

/** @param {number | null | undefined} nimg @param {boolean} plane */
export const momentOf = (nimg, plane) => t(wordedFor("gan_axis_at", plane), { count: count(nimg ?? 0) });
