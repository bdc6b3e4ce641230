// The page: reads the two channels, draws what they say, and keeps the state of the view in the address.

import { readAddress, writeAddress } from "./address.js";
import { Atlas } from "./atlas.js";
import { h, setText } from "./dom.js";
import { setLanguage, language, onLanguage, preferredLanguage } from "./i18n.js";
import { listenForKeys } from "./keys.js";
import { Shell } from "./shell.js";
import { Station } from "./station.js";
import { Store } from "./store.js";
import { PictureStream, WarningStream } from "./stream.js";

const root = document.documentElement;
const page = { nation: root.dataset.nation || null, realm: root.dataset.realm, realmKind: root.dataset.realmKind };
const store = new Store();
const address = readAddress();
const stations = new Map();

const desk = {
  select(id) {
    address.event = id;
    changed();
  },
  unfollow() {
    if (address.follow === "0") return;
    address.follow = "0";
    changed();
  },
  toggle(name) {
    address[name] = address[name] === "1" ? "0" : "1";
    changed();
  },
  setView(view) {
    address.view = view;
    changed();
  },
  toggleView(view) {
    const hidden = new Set(address.hide.split(",").filter(Boolean));
    if (!hidden.delete(view)) hidden.add(view);
    address.hide = [...hidden].sort().join(",");
    changed();
  },
  setLanguage(lang) {
    address.lang = lang;
    setLanguage(lang);
    changed();
  },
  nextEvent() {
    const events = [...stations.keys()].flatMap((nation) => store.events(nation).map((event) => event.id));
    const ids = [...new Set(events)];
    if (ids.length > 0) desk.select(ids[(ids.indexOf(address.event) + 1) % ids.length]);
  },
  zoom(factor) {
    for (const station of stations.values()) station.map.zoom(factor);
  },
  views() {
    const found = new Set();
    for (const nation of stations.keys()) {
      for (const event of store.events(nation)) for (const view of event.views.keys()) found.add(view);
    }
    return [...found].sort((a, b) => (a === "common" ? -1 : b === "common" ? 1 : a < b ? -1 : 1));
  },
  address: () => ({ ...address }),
  view: () => ({
    view: address.view,
    selected: address.event,
    follow: address.follow === "1",
    showLabels: address.labels === "1",
    showAreas: address.areas === "1",
    hidden: new Set(address.hide.split(",").filter(Boolean)),
    realmKind: page.realmKind,
    family: getComputedStyle(document.body).fontFamily,
  }),
};

const atlas = new Atlas(wake);
const shell = new Shell(page, desk);
document.getElementById("page").replaceChildren(shell.node);

function changed() {
  writeAddress(address);
  wake();
}

let isAwake = false;

// Draw soon; a hidden tab has no animation frames but its words go on.
function wake() {
  if (isAwake) return;
  isAwake = true;
  if (document.hidden) setTimeout(draw, 200);
  else requestAnimationFrame(draw);
}

function draw() {
  isAwake = false;
  const nations = page.nation ? [page.nation] : nationsOf();
  for (const nation of nations) {
    if (stations.has(nation)) continue;
    const station = new Station(nation, { atlas, isCompact: !page.nation, desk, wake });
    stations.set(nation, station);
    shell.floor.append(station.node);
  }
  shell.floor.style.setProperty("--stations", stations.size || 1);
  const view = desk.view();
  let isMoving = false;
  for (const station of stations.values()) isMoving = station.draw(store, view) || isMoving;
  shell.draw(store, view);
  if (isMoving) wake();
}

function nationsOf() {
  return [...new Set([...store.nations, ...store.tree.keys()])].sort();
}

setLanguage(address.lang || preferredLanguage());
onLanguage(wake);
window.addEventListener("hashchange", () => {
  Object.assign(address, readAddress());
  setLanguage(address.lang || preferredLanguage());
  wake();
});
document.addEventListener("visibilitychange", wake);
// Ages go on while nothing arrives.
setInterval(wake, 250);
listenForKeys(desk, shell);
new PictureStream(store, wake);
new WarningStream(store, wake);
atlas.load({ coarse: root.dataset.worldCoarse, fine: root.dataset.worldFine });

// For tests and the curious: what the page has drawn. Read only.
Object.defineProperty(window, "signalfire", {
  value: Object.freeze({
    get run() { return store.run; },
    get sequence() { return store.sequence; },
    get now() { return store.now; },
    get frameAgeMs() { return store.frameAgeMs(); },
    get connected() { return store.connected; },
    get warnings() { return store.presentWarnings().length; },
    get language() { return language(); },
    get view() { return desk.address(); },
    get isDetailed() { return atlas.isWhole; },
    get isMoving() { return [...stations.values()].some(({ map }) => map.goal !== null); },
    get stations() {
      return Object.fromEntries(
        [...stations].map(([nation, { map }]) => [nation, { drawn: map.drawn.map((one) => ({ ...one })), camera: { ...map.camera } }]),
      );
    },
  }),
});
