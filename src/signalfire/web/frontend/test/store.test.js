// What the page makes of frames and warnings.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chains, Store } from "../src/store.js";

const frame = (type, sequence, set = {}, gone = [], run = "r") => ({
  type, sequence, run, set, gone, now: "2017-09-14T22:00:00Z", feed_age_s: 0, has_ended: false, nations: [],
});
const view = (name) => ({ view: name, phase: "ballistic", superseded_by: null, impact: { unknown: "early" } });

test("deltas build on the snapshot, and a missing one is noticed", () => {
  const store = new Store();
  assert.ok(store.take(frame("snapshot", 0, { "JPN/view/E/common": view("common") })));
  assert.ok(store.take(frame("delta", 1, { "JPN/view/E/national:KOR": view("national:KOR") })));
  assert.equal(store.events("JPN")[0].views.size, 2);
  assert.equal(store.take(frame("delta", 3)), false);
  assert.ok(store.take(frame("snapshot", 4, {})));
  assert.equal(store.events("JPN").length, 0);
});

test("a delta of another run is no continuation", () => {
  const store = new Store();
  store.take(frame("snapshot", 0));
  assert.equal(store.take(frame("delta", 1, {}, [], "other")), false);
});

test("the parts of a trail join in their order", () => {
  const store = new Store();
  const set = { "JPN/view/E/common": view("common") };
  set["JPN/trail/E/common/1"] = { points: [[3]] };
  set["JPN/trail/E/common/0"] = { points: [[1], [2]] };
  store.take(frame("snapshot", 0, set));
  assert.deepEqual(store.events("JPN")[0].trails.get("common"), [[1], [2], [3]]);
});

test("warnings of another run are not shown with this one's picture", () => {
  const store = new Store();
  store.take(frame("snapshot", 0));
  store.takeWarning("r", 0, { n: 1 });
  store.takeWarning("r", 1, { n: 2 });
  assert.equal(store.presentWarnings().length, 2);
  store.take(frame("snapshot", 0, {}, [], "next"));
  assert.deepEqual(store.presentWarnings(), []);
  store.takeWarning("next", 0, { n: 3 });
  assert.deepEqual(store.presentWarnings(), [{ n: 3 }]);
});

test("an event that became part of another is listed no more", () => {
  const store = new Store();
  store.take(frame("snapshot", 0, { "JPN/view/E/common": { ...view("common"), superseded_by: "F" } }));
  assert.equal(store.events("JPN").length, 0);
});

test("messages that name their predecessor are one chain, closed ones last", () => {
  const line = (id, status, references) => ({ nation: "JPN", stream: "issued", issuer: "JPN", line: { id, status, references } });
  const found = chains(
    [line("1", "initial", null), line("2", "update", "1"), line("3", "initial", null), line("4", "cancel", "3")],
    "JPN",
  );
  assert.deepEqual(found.map((chain) => chain.messages.map((m) => m.id)), [["1", "2"], ["3", "4"]]);
  assert.deepEqual(chains([line("1", "initial", null)], "KOR"), []);
});
