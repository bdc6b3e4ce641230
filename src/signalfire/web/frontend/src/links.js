// The links to the partners: state in shape and word, and how old the last sign of life is.

import { h, keyedList, setAttribute, setHidden, setText, shape } from "./dom.js";
import { age } from "./format.js";
import { t, term, language } from "./i18n.js";

const SHAPES = { up: "circle", down: "cross", suspended: "square", withdrawn: "ring" };
const OLD_S = 5;

export class Links {
  constructor() {
    this.none = h("p", { class: "quiet" });
    this.items = h("ul", { class: "links" });
    this.node = h("div", { class: "links-body" }, this.none, this.items);
    this.list = keyedList(this.items, item);
  }

  draw(links, { now, frameAgeS }) {
    setHidden(this.none, links.length > 0);
    setText(this.none, t("links.none"));
    const sorted = [...links].sort((a, b) => (a.partner < b.partner ? -1 : 1));
    this.list(sorted.map((link) => ({ link, now, frameAgeS })), ({ link }) => link.partner);
  }
}

function item() {
  const icon = h("span", { class: "link-icon" });
  const name = h("b", {});
  const state = h("span", { class: "link-state" });
  const heard = h("span", { class: "heard" });
  const counts = h("span", { class: "counts" });
  const node = h("li", { class: "link" }, icon, name, state, heard, counts);
  return {
    node,
    update({ link, now, frameAgeS }) {
      const lang = language();
      const is = link.state ?? "unknown";
      const since = silence(link, now, frameAgeS);
      const isOld = since === null || since > OLD_S;
      setAttribute(node, "data-state", is);
      node.classList.toggle("is-old", isOld);
      if (icon.dataset.shape !== is) {
        icon.dataset.shape = is;
        icon.replaceChildren(shape(SHAPES[is] ?? "ring", 12));
      }
      setText(name, term("nation", link.partner));
      setText(state, term("link", is));
      setText(heard, since === null ? t("links.never") : t("links.heard", { age: age(lang, since) }));
      setText(counts, countsOf(link).join(" · "));
    },
  };
}

// Seconds since the partner was last heard; null when never.
function silence(link, now, frameAgeS) {
  if (typeof link.age_s === "number") return link.age_s + frameAgeS;
  if (!link.heard_at || now === null) return null;
  return Math.max(0, (now - Date.parse(link.heard_at)) / 1000) + frameAgeS;
}

function countsOf(link) {
  const total = (kinds) => Object.values(kinds ?? {}).reduce((sum, n) => sum + n, 0);
  const words = [t("links.sent", { count: total(link.sent) }), t("links.withheld", { count: total(link.withheld) })];
  if (link.waiting > 0) words.push(t("links.waiting", { count: link.waiting }));
  return words;
}
