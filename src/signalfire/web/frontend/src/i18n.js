// Words in three languages; the page changes between them without a reload.

import en from "./words/en.json";
import ja from "./words/ja.json";
import ko from "./words/ko.json";

const CATALOGUES = { en, ja, ko };
export const LANGUAGES = Object.keys(CATALOGUES);

let current = "en";
const listeners = new Set();

export function language() {
  return current;
}

export function languageName(lang) {
  return CATALOGUES[lang].language;
}

export function setLanguage(lang) {
  if (!CATALOGUES[lang]) return;
  current = lang;
  document.documentElement.lang = lang;
  for (const listener of listeners) listener();
}

export function onLanguage(listener) {
  listeners.add(listener);
  listener();
}

export function preferredLanguage() {
  const wanted = (navigator.languages ?? []).map((name) => name.slice(0, 2));
  return wanted.find((name) => CATALOGUES[name]) ?? "en";
}

export function t(key, values = {}) {
  const pattern = CATALOGUES[current][key] ?? en[key];
  if (pattern === undefined) return key;
  return pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

// The word for a member of an open family; what has no word is shown as it came.
export function term(family, name) {
  const key = `${family}.${name}`;
  return en[key] === undefined ? String(name) : t(key);
}

// An element whose text follows the language.
const followed = new Set();
onLanguageChange();

function onLanguageChange() {
  listeners.add(() => {
    for (const [reference, write] of followed) {
      const node = reference.deref();
      if (node) write(node);
    }
  });
}

export function words(node, key) {
  const write = (target) => (target.textContent = t(key));
  followed.add([new WeakRef(node), write]);
  write(node);
  return node;
}

export function label(node, attribute, make) {
  const write = (target) => target.setAttribute(attribute, make());
  followed.add([new WeakRef(node), write]);
  write(node);
  return node;
}
