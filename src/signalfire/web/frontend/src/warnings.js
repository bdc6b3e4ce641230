// Warnings as chains of messages; a cancel and an all-clear are as loud as the warning was.

import { h, keyedList, setAttribute, setHidden, setText, shape } from "./dom.js";
import { clock, duration, percent } from "./format.js";
import { language, t, term } from "./i18n.js";

const SHAPES = { initial: "diamond", update: "triangle", cancel: "cross", all_clear: "tick" };
const KIND_SHAPES = { impact: "diamond", overflight: "triangle", debris: "square" };
const AREAS_SHOWN = 12;

export class Warnings {
  constructor() {
    this.lost = h("p", { class: "lost", role: "status" });
    this.none = h("p", { class: "quiet" });
    this.items = h("ol", { class: "warnings" });
    this.said = h("div", { class: "sr-only", "aria-live": "assertive", role: "alert" });
    this.node = h("div", { class: "warnings-body" }, this.lost, this.none, this.items, this.said);
    this.list = keyedList(this.items, card);
    this.latest = null;
  }

  draw(chains, { now, isConnected }) {
    setHidden(this.lost, isConnected);
    setText(this.lost, t("warnings.lost"));
    setHidden(this.none, chains.length > 0);
    setText(this.none, t("warnings.none"));
    this.list(chains.map((chain) => ({ ...chain, now })), (chain) => chain.key);
    this.announce(chains);
  }

  // Spoken once per new message, never for the countdown.
  announce(chains) {
    const newest = chains.map((chain) => chain.messages.at(-1)).sort((a, b) => (a.at < b.at ? 1 : -1))[0];
    if (!newest || newest.id === this.latest) return;
    this.latest = newest.id;
    this.said.lang = language();
    setText(this.said, `${t(`status.${newest.status}`)}. ${inLanguage(newest.text)}`);
  }
}

function inLanguage(texts) {
  return texts?.[language()] ?? texts?.en ?? "";
}

function card() {
  const icon = h("span", { class: "status-icon" });
  const word = h("b", { class: "status-word" });
  const who = h("span", { class: "who" });
  const at = h("time", { class: "at" });
  const text = h("p", { class: "text" });
  const areas = h("ul", { class: "areas" });
  const more = h("span", { class: "more" });
  const facts = h("dl", { class: "facts" });
  const why = h("span", {});
  const said = h("span", { lang: "en" });
  const reason = h("p", { class: "reason" }, why, " ", said);
  const summary = h("summary", {});
  const earlier = h("ol", { class: "earlier" });
  const history = h("details", { class: "history" }, summary, earlier);
  const node = h(
    "li",
    { class: "warning" },
    h("header", { class: "status" }, icon, word, who, at),
    h("div", { class: "inside" }, text, areas, more, facts, reason, history),
  );
  const areaList = keyedList(areas, areaItem);
  const factList = keyedList(facts, factItem);
  const earlierList = keyedList(earlier, earlierItem);
  return {
    node,
    update({ messages, stream, issuer, now }) {
      const line = messages.at(-1);
      const lang = language();
      setAttribute(node, "data-status", line.status);
      setAttribute(node, "data-id", line.id);
      if (icon.dataset.shape !== line.status) {
        icon.dataset.shape = line.status;
        icon.replaceChildren(shape(SHAPES[line.status] ?? "circle", 15));
      }
      setText(word, t(`status.${line.status}`));
      const from = term("nation", issuer);
      setText(who, t(stream === "issued" ? "warnings.issued" : "warnings.received", { nation: from }));
      setText(at, clock(Date.parse(line.at)));
      setAttribute(at, "datetime", line.at);
      setText(text, inLanguage(line.text));
      setAttribute(text, "lang", lang);
      const isOver = ["cancel", "all_clear"].includes(line.status);
      const named = [...line.areas].sort((a, b) => (a.window[0] < b.window[0] ? -1 : a.window[0] > b.window[0] ? 1 : 0));
      areaList(named.slice(0, AREAS_SHOWN).map((area) => ({ area, now, isOver })), ({ area }) => `${area.id}/${area.kind}`);
      setHidden(more, named.length <= AREAS_SHOWN);
      setText(more, t("warnings.more", { count: named.length - AREAS_SHOWN }));
      factList(factsOf(line, lang), ([name]) => name);
      setHidden(reason, !line.reason);
      setText(why, `${t("warnings.reason")}:`);
      setText(said, line.reason);
      setHidden(history, messages.length < 2);
      setText(summary, t("warnings.history", { count: messages.length - 1 }));
      earlierList(messages.slice(0, -1).reverse(), (message) => message.id);
    },
  };
}

function factsOf(line, lang) {
  const [from, to] = line.window.map((text) => clock(Date.parse(text)));
  return [
    ["warnings.window", `${from}–${to} UTC`],
    ["warnings.confidence", percent(lang, line.confidence)],
    ["warnings.observed", percent(lang, line.observed_fraction)],
    ["warnings.witnesses", String(line.witnesses)],
  ];
}

function factItem() {
  const name = h("dt", {});
  const value = h("dd", {});
  return {
    node: h("div", {}, name, value),
    update([key, text]) {
      setText(name, t(key));
      setText(value, text);
    },
  };
}

function areaItem({ area }) {
  const name = h("b", {});
  const kind = h("span", { class: "kind" }, shape(KIND_SHAPES[area.kind] ?? "circle", 10));
  const word = h("span", {});
  const time = h("span", { class: "time" });
  kind.append(word);
  return {
    node: h("li", { class: `area area-${area.kind}` }, name, kind, time),
    update({ area: now_area, now, isOver }) {
      setText(name, inLanguage(now_area.name) || now_area.id);
      setAttribute(name, "lang", language());
      setText(word, term("kind", now_area.kind));
      setText(time, isOver ? "" : timeTo(now_area.window, now));
    },
  };
}

function timeTo([from, to], now) {
  if (now === null) return "";
  if (now < Date.parse(from)) return t("warnings.in", { time: duration((Date.parse(from) - now) / 1000) });
  return t(now <= Date.parse(to) ? "warnings.now" : "warnings.over");
}

function earlierItem() {
  const icon = h("span", { class: "status-icon" });
  const word = h("span", {});
  const at = h("time", {});
  const text = h("span", { class: "text" });
  return {
    node: h("li", {}, icon, at, word, text),
    update(message) {
      icon.replaceChildren(shape(SHAPES[message.status] ?? "circle", 10));
      setText(word, t(`status.${message.status}`));
      setText(at, clock(Date.parse(message.at)));
      setText(text, message.areas.map((area) => inLanguage(area.name)).join(", "));
    },
  };
}

// Which areas are under an open warning: id -> kind, the graver kind first.
export function warnedAreas(chains) {
  const found = new Map();
  for (const { messages } of chains) {
    const line = messages.at(-1);
    if (["cancel", "all_clear"].includes(line.status)) continue;
    for (const { id, kind } of line.areas) {
      if (kind === "impact" || !found.has(id)) found.set(id, kind);
    }
  }
  return found;
}
