// Single keys; none does anything that cannot be undone by the next, and all can be switched off.

import { LANGUAGES, language } from "./i18n.js";

export const KEYS = [
  ["g", "keys.globe"],
  ["e", "keys.event"],
  ["f", "keys.follow"],
  ["l", "keys.labels"],
  ["a", "keys.areas"],
  ["1 … 9", "keys.views"],
  ["w", "keys.language"],
  ["+ −", "keys.zoom"],
  ["← ↑ → ↓", "keys.turn"],
  ["?", "keys.help"],
];

export function listenForKeys(desk, shell) {
  const actions = {
    g: () => desk.setView(desk.address().view === "globe" ? "flat" : "globe"),
    e: () => desk.nextEvent(),
    f: () => desk.toggle("follow"),
    l: () => desk.toggle("labels"),
    a: () => desk.toggle("areas"),
    w: () => desk.setLanguage(LANGUAGES[(LANGUAGES.indexOf(language()) + 1) % LANGUAGES.length]),
    "+": () => desk.zoom(1.4),
    "=": () => desk.zoom(1.4),
    "-": () => desk.zoom(1 / 1.4),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLElement && event.target.closest("input, select, textarea, dialog")) return;
    if (event.key === "?") shell.showKeys();
    else if (!shell.hasSingleKeys()) return;
    else if (actions[event.key]) actions[event.key]();
    else if (/^[1-9]$/.test(event.key)) {
      const view = desk.views()[Number(event.key) - 1];
      if (view) desk.toggleView(view);
    } else return;
    event.preventDefault();
  });
}
