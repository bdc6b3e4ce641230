// All that is shown of one nation's picture: map, altitude, assessments, warnings, links.

import { viewColour } from "./colours.js";
import { Compare, viewName } from "./compare.js";
import { h, keyedList, setAttribute, setHidden, setText } from "./dom.js";
import { duration } from "./format.js";
import { label, t, term, words } from "./i18n.js";
import { Links } from "./links.js";
import { MapView } from "./map.js";
import { chains, leading } from "./store.js";
import { Strip } from "./strip.js";
import { Warnings, warnedAreas } from "./warnings.js";

const STALE_MS = 2000;

export class Station {
  constructor(nation, { atlas, isCompact, desk, wake }) {
    this.nation = nation;
    this.desk = desk;
    this.map = new MapView(atlas, { onSelect: desk.select, onMoved: desk.unfollow, wake });
    this.strip = new Strip(wake);
    this.compare = new Compare(isCompact);
    this.warnings = new Warnings();
    this.links = new Links();
    label(this.map.overlay, "aria-label", () => t("map.name", { nation: term("nation", nation) }));
    this.node = h(
      "section",
      { class: "station", "data-nation": nation },
      this.stage(isCompact),
      panel("strip", "strip.title", this.strip.node),
      panel("assessments", "compare.title", this.compare.node),
      panel("warnings-panel", "warnings.title", this.warnings.node),
      panel("links-panel", "links.title", this.links.node),
    );
    this.node.querySelector(".assessments .panel-title").append(this.eventBar());
    this.openCount = h("span", { class: "count" });
    this.node.querySelector(".warnings-panel .panel-title").append(this.openCount);
  }

  stage(isCompact) {
    this.title = h("h2", { class: "station-title" });
    this.noData = h("div", { class: "no-data", role: "alert" }, h("b", {}), h("span", {}));
    this.empty = h("p", { class: "map-empty" });
    this.note = words(h("p", { class: "map-note" }), "map.flatnote");
    this.legend = h("div", { class: "legend", role: "group" });
    label(this.legend, "aria-label", () => t("map.legend"));
    this.legendList = keyedList(this.legend, (entry) => this.legendItem(entry));
    const zoom = h(
      "div",
      { class: "zoom" },
      button("+", () => this.map.zoom(1.4), "keys.zoom"),
      button("−", () => this.map.zoom(1 / 1.4), "keys.zoom"),
    );
    const parts = [this.map.node, zoom, this.empty, this.note, this.noData];
    const map = h("div", { class: "map" }, parts);
    if (!isCompact) map.append(this.legend);
    const head = isCompact ? h("header", { class: "station-head" }, this.title, this.legend) : null;
    return h("div", { class: "stage panel" }, head, map);
  }

  legendItem() {
    const name = h("span", {});
    const node = h("button", { type: "button", class: "legend-item" }, h("i", { "aria-hidden": "true" }), name);
    let view = "";
    node.addEventListener("click", () => this.desk.toggleView(view));
    return {
      node,
      update: (entry) => {
        view = entry.view;
        node.style.setProperty("--view", viewColour(view));
        setAttribute(node, "aria-pressed", String(!entry.isHidden));
        setText(name, viewName(view));
      },
    };
  }

  eventBar() {
    this.events = h("div", { class: "events", role: "group" });
    label(this.events, "aria-label", () => t("events.title"));
    this.eventList = keyedList(this.events, () => this.eventItem());
    return this.events;
  }

  eventItem() {
    const name = h("bdi", {});
    const state = h("span", {});
    const node = h("button", { type: "button", class: "event" }, name, state);
    let id = "";
    node.addEventListener("click", () => this.desk.select(id));
    return {
      node,
      update: ({ event, selected, now }) => {
        id = event.id;
        const view = leading(event);
        setAttribute(node, "aria-pressed", String(id === selected));
        node.classList.toggle("is-over", view.phase === "ended");
        setText(name, id);
        const left = view.impact.unknown === undefined && now !== null ? (Date.parse(view.impact.time) - now) / 1000 : -1;
        setText(state, left >= 0 && view.phase !== "ended" ? `T−${duration(left)}` : term("phase", view.phase));
      },
    };
  }

  // Draw the present state; true while something still moves.
  draw(store, view) {
    const branch = store.branch(this.nation);
    const events = store.events(this.nation);
    const selected = events.some((event) => event.id === view.selected) ? view.selected : events[0]?.id ?? null;
    const found = chains(store.presentWarnings(), this.nation);
    const event = events.find((one) => one.id === selected);
    const now = branch.node?.now ? Date.parse(branch.node.now) : store.now;
    const frameAgeS = store.frameAgeMs() / 1000;
    this.drawStage(events, event, store, branch);
    this.eventList(events.map((one) => ({ event: one, selected, now })), (entry) => entry.event.id);
    this.compare.draw(event, { nation: this.nation, nations: store.nations, now });
    this.warnings.draw(found, { now, isConnected: store.warningsConnected });
    const open = found.filter(({ messages }) => !["cancel", "all_clear"].includes(messages.at(-1).status)).length;
    setHidden(this.openCount, open === 0);
    setText(this.openCount, t("warnings.open", { count: open }));
    this.links.draw(branch.links, { now, frameAgeS: frameAgeS > 1 ? frameAgeS : 0 });
    const scene = { ...view, events, selected, now, warned: warnedAreas(found) };
    this.strip.draw(scene);
    return this.map.draw(scene);
  }

  drawStage(events, event, store, branch) {
    setText(this.title, term("nation", this.nation));
    setHidden(this.empty, events.length > 0);
    setText(this.empty, t("map.empty"));
    setHidden(this.note, this.map.view !== "flat");
    const names = event ? [...event.views.keys()].sort((a, b) => (a === "common" ? -1 : b === "common" ? 1 : a < b ? -1 : 1)) : [];
    const { hidden } = this.desk.view();
    this.legendList(names.map((view) => ({ view, isHidden: hidden.has(view) })), (entry) => entry.view);
    const silence = this.silence(store, branch.node);
    setHidden(this.noData, silence === null);
    this.node.classList.toggle("is-stale", silence !== null);
    if (silence !== null) {
      setText(this.noData.firstChild, t("feed.nodata"));
      setText(this.noData.lastChild, silence);
    }
  }

  // Why what is drawn is old, in words; null while it is fresh, or the feed has said that it is over.
  silence(store, node) {
    const ageMs = store.frameAgeMs();
    if (ageMs > STALE_MS) return t("feed.nodata.connection", { seconds: Math.floor(ageMs / 1000) });
    if (node) {
      if (!node.is_connected) return t("feed.nodata.node", { nation: term("nation", this.nation) });
      return node.has_ended || node.feed_age_s * 1000 <= STALE_MS ? null : t("feed.nodata.feed", { seconds: Math.floor(node.feed_age_s) });
    }
    if (store.hasEnded || store.feedAgeS * 1000 <= STALE_MS) return null;
    return t("feed.nodata.feed", { seconds: Math.floor(store.feedAgeS) });
  }
}

export function button(text, onClick, hint) {
  const node = h("button", { type: "button", onclick: onClick }, text);
  label(node, "aria-label", () => t(hint));
  return node;
}

function panel(name, key, ...children) {
  const title = h("h3", { class: "panel-title" }, words(h("span", {}), key));
  return h("section", { class: `panel ${name}` }, title, ...children);
}
