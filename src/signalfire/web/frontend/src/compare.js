// Assessments side by side: the common view and each nation's own, never merged into one.

import { viewColour } from "./colours.js";
import { h, keyedList, setHidden, setText } from "./dom.js";
import { DASH, age, clock, duration, extent, km, percent, place, placeParts, seconds, speed } from "./format.js";
import { language, t, term } from "./i18n.js";
import { likeliest, shortClass } from "./overlay.js";

const ROWS = ["phase", "class", "countdown", "impact", "launch", "observed", "witnesses", "state", "apogee"];
const COMPACT_ROWS = ["phase", "class", "countdown", "impact", "launch", "observed", "witnesses"];
const WITH_ELLIPSE = ["impact", "launch"];
const CLASSES = ["SRBM", "MRBM", "IRBM", "ICBM", "SLV", "manoeuvring", "unknown"];

export class Compare {
  constructor(isCompact) {
    this.rows = isCompact ? COMPACT_ROWS : ROWS;
    this.caption = h("caption", { class: "sr-only" });
    this.head = h("tr", {}, h("td", {}));
    this.bodies = this.rows.map((row) => {
      const title = h("span", {});
      const note = WITH_ELLIPSE.includes(row) ? h("span", { class: "row-note" }) : null;
      return { row, title, note, node: h("tr", { class: `row-${row}` }, h("th", { scope: "row" }, title, note)) };
    });
    const body = h("tbody", {}, this.bodies.map(({ node }) => node));
    this.table = h("table", { class: "compare" }, this.caption, h("thead", {}, this.head), body);
    this.none = h("p", { class: "quiet" });
    this.node = h("div", { class: `compare-body${isCompact ? " is-compact" : ""}` }, this.table, this.none);
    this.columns = keyedList(this.head, () => headCell());
    this.cells = this.bodies.map(({ row, node }) => keyedList(node, () => cell(row)));
  }

  draw(event, { nation, nations, now }) {
    setHidden(this.table, !event);
    setHidden(this.none, !!event);
    if (!event) {
      setText(this.none, t("events.none.long"));
      return;
    }
    setText(this.caption, t("compare.caption", { event: event.id }));
    for (const { row, title, note } of this.bodies) {
      setText(title, t(`compare.${row}`));
      if (note) setText(note, t("compare.ellipse.note"));
    }
    const columns = columnsOf(event, nation, nations).map((column) => ({ ...column, now, nation }));
    this.columns(columns, (column) => column.name);
    this.cells.forEach((list) => list(columns, (column) => column.name));
  }
}

function headCell() {
  const title = h("b", {});
  const source = h("span", { class: "source" });
  const node = h("th", { scope: "col" }, h("span", { class: "swatch", "aria-hidden": "true" }), title, source);
  return {
    node,
    update(column) {
      node.style.setProperty("--view", viewColour(column.name));
      node.classList.toggle("is-absent", !column.view);
      setText(title, viewName(column.name));
      setText(source, viewSource(column));
    },
  };
}

export function viewName(view) {
  return view === "common" ? t("compare.common") : term("nation", view.slice("national:".length));
}

function viewSource({ name, view, nation }) {
  if (!view) return t("compare.notreported");
  if (name === "common") return view.from.join(" + ");
  const author = name.slice("national:".length);
  return author === nation ? t("compare.own") : t("compare.shared");
}

// Common first, the page's own nation next, then the others; who has not reported keeps a place.
function columnsOf(event, nation, nations) {
  const names = new Set(["common", `national:${nation}`]);
  for (const other of [...nations].sort()) names.add(`national:${other}`);
  for (const name of [...event.views.keys()].sort()) names.add(name);
  return [...names].map((name) => ({ name, view: event.views.get(name) }));
}

const FILL = {
  phase: (node) => textCell(node, ({ view }) => term("phase", view.phase)),
  class: classCell,
  launch: (node) => placeCell(node, "launch"),
  impact: (node) => placeCell(node, "impact"),
  countdown: countdownCell,
  apogee: (node) => textCell(node, ({ view }) => km(language(), view.apogee_m)),
  state: stateCell,
  observed: observedCell,
  witnesses: (node) => textCell(node, ({ view }) => String(view.witnesses)),
};

function cell(row) {
  const node = h("td", { class: `cell-${row}` });
  const content = h("div", { class: "cell" });
  const absent = h("span", { class: "absent" }, DASH);
  node.append(content, absent);
  const fill = FILL[row](content);
  return {
    node,
    update(column) {
      setHidden(content, !column.view);
      setHidden(absent, !!column.view);
      node.style.setProperty("--view", viewColour(column.name));
      if (column.view) fill(column);
    },
  };
}

function textCell(node, read) {
  return (column) => setText(node, read(column));
}

function classCell(node) {
  const best = h("b", {});
  const share = h("span", { class: "share" });
  const parts = CLASSES.map((name) => h("i", { class: `class-${name}` }));
  const bar = h("div", { class: "class-bar", role: "img" }, parts);
  node.append(h("div", { class: "pair" }, best, share), bar);
  return ({ view }) => {
    const [name, probability] = likeliest(view);
    setText(best, shortClass(name));
    setText(share, percent(language(), probability));
    const words = CLASSES.filter((one) => view.class[one] > 0.005).map(
      (one) => `${term("class", one)} ${percent(language(), view.class[one])}`,
    );
    bar.setAttribute("aria-label", words.join(", "));
    bar.title = words.join("\n");
    parts.forEach((part, i) => part.style.setProperty("--share", view.class[CLASSES[i]] ?? 0));
  };
}

function placeCell(node, kind) {
  const [north, east] = [h("span", {}), h("span", {})];
  const where = h("b", { class: "where" }, north, " ", east);
  const size = h("span", { class: "size" });
  const when = h("span", { class: "when" });
  const unknown = h("span", { class: "unknown" });
  const reason = h("span", { class: "reason", lang: "en" });
  node.append(where, size, when, unknown, reason);
  return ({ view }) => {
    const found = view[kind];
    const isUnknown = found.unknown !== undefined;
    for (const part of [where, size, when]) setHidden(part, isUnknown);
    for (const part of [unknown, reason]) setHidden(part, !isUnknown);
    if (isUnknown) {
      setText(unknown, t("compare.unknown"));
      setText(reason, found.unknown);
      return;
    }
    const lang = language();
    const { semi_major_m: major, semi_minor_m: minor } = found.ellipse_p90;
    const [lat, lon] = placeParts(lang, found.lat_deg, found.lon_deg);
    setText(north, lat);
    setText(east, lon);
    setText(size, extent(lang, major, minor));
    setText(when, `${clock(Date.parse(found.time))} ±${seconds(lang, found.time_sigma_s)}`);
  };
}

function countdownCell(node) {
  const value = h("span", { class: "countdown" });
  node.append(value);
  return ({ view, now }) => {
    const { impact } = view;
    if (impact.unknown !== undefined || now === null) {
      setText(value, t("compare.unknown"));
      value.classList.add("is-unknown");
      return;
    }
    const left = (Date.parse(impact.time) - now) / 1000;
    value.classList.remove("is-unknown");
    value.classList.toggle("is-over", left < 0);
    setText(value, left >= 0 ? `T−${duration(left)}` : t("compare.passed", { time: duration(-left) }));
  };
}

function stateCell(node) {
  const where = h("span", {});
  const how = h("span", { class: "size" });
  const parts = h("span", { class: "size" });
  node.append(where, how, parts);
  return ({ view }) => {
    const { position, objects } = view;
    setText(parts, objects.length ? t("compare.objects", { count: objects.length }) : "");
    if (!position) {
      setText(where, DASH);
      setText(how, "");
      return;
    }
    const lang = language();
    setText(where, `↑ ${km(lang, position.altitude_m)}`);
    setText(how, `${speed(lang, position.speed_m_s)} · ${place(lang, position.lat_deg, position.lon_deg)}`);
  };
}

function observedCell(node) {
  const share = h("b", {});
  const meter = h("div", { class: "meter", "aria-hidden": "true" }, h("i", {}));
  const seen = h("span", { class: "size" });
  node.append(h("div", { class: "pair" }, share, meter), seen);
  return ({ view, now }) => {
    const lang = language();
    setText(share, percent(lang, view.observed_fraction));
    meter.firstChild.style.setProperty("--share", view.observed_fraction);
    const since = now === null ? 0 : (now - Date.parse(view.observed_at)) / 1000;
    const isOld = since > 2 && view.phase !== "ended";
    setText(seen, isOld ? `${t("compare.lastseen")}: −${age(lang, since)} (${t("compare.extrapolated")})` : "");
    node.classList.toggle("is-old", isOld);
  };
}
