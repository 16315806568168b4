// What failed at the Hub, in the page's language; the library's own sentence is behind Details.
import { Refused, boot, currentLanguage, h, say, t } from "./core.js";

const known = (kind) => kind && boot.texts.en[`gan_hub_kind_${kind}`] !== undefined;

// Nodes: one sentence, and where it was said in other words than the library's, those.
export function failure(error) {
  if (!(error instanceof Refused) || currentLanguage() === "en" || !known(error.kind)) {
    return [h("span", {}, say(error))];
  }
  return [h("span", {}, t(`gan_hub_kind_${error.kind}`)),
    h("details", {}, h("summary", {}, t("gan_hub_details")), h("p", {}, error.message))];
}
