// The texts `gan_x_points`, which stand in the place of `gan_x` where points are shown.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

const words = (tab, language) => readFileSync(new URL(`../../gan/ui/${tab}/words/${language}.toml`, import.meta.url), "utf8");

test("no text of points speaks of pictures that are real or generated", () => {
  const speaks = { en: /(real|generated|neighbour\w*|this|another|plain) (picture|image)s?\b/i, zh: /真图|生成图|张图/ };
  for (const tab of ["explore", "gallery", "train", "page"]) {
    for (const [language, wrong] of Object.entries(speaks)) {
      const own = words(tab, language).split("\n").filter((line) => /^gan_\w+_points(_\w+)? = /.test(line));
      assert.deepEqual(own.filter((line) => wrong.test(line)), [], `${tab} ${language}`);
    }
  }
});
