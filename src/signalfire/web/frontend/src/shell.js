// Around the stations: banner, clock, state of the feed, switches, key list.

import { h, setAttribute, setHidden, setText, shape, svg } from "./dom.js";
import { DASH, clock, day } from "./format.js";
import { LANGUAGES, label, language, languageName, onLanguage, t, term, words } from "./i18n.js";
import { KEYS } from "./keys.js";

const LOCAL_HOURS = 9;
const STALE_MS = 2000;

export class Shell {
  constructor(page, desk) {
    this.page = page;
    this.desk = desk;
    this.floor = h("main", { class: page.nation ? "floor" : "floor is-director" });
    this.dialog = this.keyList();
    this.node = h("div", { class: "shell" }, this.bar(), this.floor, this.foot(), this.dialog);
    onLanguage(() => this.banner());
  }

  bar() {
    this.who = h("span", { class: "who" });
    this.utc = h("b", { class: "utc" });
    this.date = h("span", { class: "date" });
    this.local = h("span", { class: "local" });
    this.feedIcon = h("span", { class: "feed-icon" });
    this.feedWord = h("span", {});
    this.feed = h("span", { class: "feed", role: "status" }, this.feedIcon, this.feedWord);
    return h(
      "header",
      { class: "bar" },
      h("div", { class: "brand" }, logo(), h("div", {}, h("b", { class: "brand-name" }, "Signalfire"), this.who)),
      h("div", { class: "clock" }, h("div", {}, this.utc, h("span", { class: "zone" }, "UTC")), h("div", { class: "clock-side" }, this.date, this.local)),
      this.feed,
      this.switches(),
    );
  }

  switches() {
    this.globe = this.pressed("view.globe", () => this.desk.setView("globe"));
    this.flat = this.pressed("view.flat", () => this.desk.setView("flat"));
    this.toggles = ["follow", "labels", "areas"].map((name) => [name, this.pressed(`view.${name}`, () => this.desk.toggle(name))]);
    const map = h("div", { class: "segments", role: "group" }, this.globe, this.flat);
    label(map, "aria-label", () => t("view.map"));
    this.languages = h("select", { class: "languages" }, LANGUAGES.map((lang) => h("option", { value: lang, lang }, languageName(lang))));
    this.languages.addEventListener("change", () => this.desk.setLanguage(this.languages.value));
    label(this.languages, "aria-label", () => t("view.language"));
    const keys = h("button", { type: "button", class: "help", onclick: () => this.showKeys() }, "?");
    label(keys, "aria-label", () => t("view.keys"));
    return h("div", { class: "switches" }, map, h("div", { class: "segments" }, this.toggles.map(([, node]) => node)), this.languages, keys);
  }

  pressed(key, onClick) {
    return words(h("button", { type: "button", onclick: onClick }), key);
  }

  foot() {
    return h("footer", { class: "foot" }, words(h("span", {}), "credits"));
  }

  keyList() {
    this.single = h("input", { type: "checkbox", checked: true, id: "single-keys" });
    const rows = KEYS.map(([key, name]) => h("div", {}, h("dt", {}, key.split(" ").map((one) => (one === "…" ? " … " : h("kbd", {}, one)))), words(h("dd", {}), name)));
    const close = words(h("button", { type: "button" }), "keys.close");
    const dialog = h(
      "dialog",
      { class: "keys" },
      words(h("h2", {}), "keys.title"),
      h("dl", {}, rows),
      h("label", { for: "single-keys" }, this.single, words(h("span", {}), "keys.enabled")),
      close,
    );
    close.addEventListener("click", () => dialog.close());
    label(dialog, "aria-label", () => t("keys.title"));
    return dialog;
  }

  showKeys() {
    if (!this.dialog.open) this.dialog.showModal();
  }

  hasSingleKeys() {
    return this.single.checked;
  }

  banner() {
    const kind = this.page.realmKind;
    const note = t(`banner.${kind}.note`);
    for (const word of document.querySelectorAll(".banner-word")) setText(word, t(`banner.${kind}`));
    for (const text of document.querySelectorAll(".banner-text")) {
      setText(text, kind === "live" ? "" : `${this.page.realm} · ${note}`);
    }
    const who = this.page.nation ? term("nation", this.page.nation) : t("page.director");
    setText(this.who, who);
    document.title = `${kind === "live" ? "" : `${t(`banner.${kind}`)} · `}${who} · Signalfire`;
  }

  draw(store, view) {
    const { now } = store;
    const lang = language();
    setText(this.utc, now === null ? "--:--:--" : clock(now));
    setText(this.date, now === null ? t("clock.none") : day(lang, now));
    setText(this.local, now === null ? DASH : `${clock(now, LOCAL_HOURS)} ${t("clock.local")}${dayShift(now)}`);
    setAttribute(this.globe, "aria-pressed", String(view.view === "globe"));
    setAttribute(this.flat, "aria-pressed", String(view.view === "flat"));
    const states = { follow: view.follow, labels: view.showLabels, areas: view.showAreas };
    for (const [name, node] of this.toggles) setAttribute(node, "aria-pressed", String(states[name]));
    if (this.languages.value !== lang) this.languages.value = lang;
    this.drawFeed(store);
  }

  drawFeed(store) {
    const state = this.page.nation ? feedState(store) : nodesState(store);
    const [icon, key] = { live: ["circle", "feed.live"], waiting: ["ring", "feed.waiting"], ended: ["square", "feed.ended.short"], stale: ["cross", "feed.stale"] }[state];
    setAttribute(this.feed, "data-state", state);
    if (this.feedIcon.dataset.shape !== icon) {
      this.feedIcon.dataset.shape = icon;
      this.feedIcon.replaceChildren(shape(icon, 11));
    }
    setText(this.feedWord, t(key));
    this.feed.title = state === "ended" ? t("feed.ended") : "";
    setHidden(this.feed, false);
  }
}

function feedState(store) {
  if (store.frameAgeMs() > STALE_MS) return store.receivedAt === null ? "waiting" : "stale";
  if (store.now === null) return "waiting";
  if (store.hasEnded) return "ended";
  return store.feedAgeS * 1000 > STALE_MS ? "stale" : "live";
}

// Of the director's page: as bad as the worst of its nodes.
function nodesState(store) {
  const state = feedState(store);
  const nodes = [...store.tree.values()].map((branch) => branch.node).filter(Boolean);
  if (state === "stale" || nodes.length === 0) return state === "stale" ? "stale" : "waiting";
  if (nodes.every((node) => node.has_ended)) return "ended";
  const isLost = (node) => !node.is_connected || (!node.has_ended && node.feed_age_s * 1000 > STALE_MS);
  return nodes.some(isLost) ? "stale" : state;
}

function dayShift(now) {
  const days = Math.floor((now + LOCAL_HOURS * 3600000) / 86400000) - Math.floor(now / 86400000);
  return days > 0 ? " +1" : "";
}

function logo() {
  return svg(
    "svg",
    { viewBox: "0 0 32 32", width: 30, height: 30, "aria-hidden": "true", class: "logo" },
    svg("path", { d: "M16 3c1 5 7 7.500 7 14a7 7 0 0 1-14 0c0-3 1.600-4.800 3-6.500.3 2 1 3 2 3.500C13.600 10 14.500 6 16 3z", fill: "#ff9f43" }),
    svg("path", { d: "M16 13.500c.6 2.500 3 3.600 3 6.400a3 3 0 0 1-6 0c0-2 2.200-3.600 3-6.400z", fill: "#ffe3b8" }),
    svg("path", { d: "M7 28h18", stroke: "#9db3c7", "stroke-width": 2.2, "stroke-linecap": "round" }),
  );
}
