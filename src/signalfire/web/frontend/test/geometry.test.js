// The geometry of the map against d3's own projection and plain vector arithmetic.

import assert from "node:assert/strict";
import { test } from "node:test";
import { geoArea, geoOrthographic } from "d3-geo";
import { dragged, framing, lens, within, zoomed } from "../src/camera.js";
import { angleBetween, bearing, isHidden, lift, rewound, seen, travel, turnDeg, unitVector } from "../src/geometry.js";

const PLACES = [];
for (let lat = -80; lat <= 80; lat += 20) for (let lon = -180; lon < 180; lon += 24) PLACES.push([lon, lat]);
const CAMERAS = [{ lon: 138, lat: 34 }, { lon: -170, lat: 60 }, { lon: 10, lat: -45 }].map((c) => ({ ...c, scale: 300, x: 12, y: -7 }));

test("a point on the ground is where d3 puts it", () => {
  for (const camera of CAMERAS) {
    const d3 = geoOrthographic().rotate([-camera.lon, -camera.lat]).scale(300).translate([412, 293]);
    const eye = lens("globe", camera, 800, 600);
    for (const [lon, lat] of PLACES) {
      const at = eye.place(lon, lat, 0);
      if (at === null) continue;
      const [x, y] = d3([lon, lat]);
      assert.ok(Math.hypot(at[0] - x, at[1] - y) < 1e-6);
    }
  }
});

test("a lifted point is the vector that is longer by its altitude, seen from afar", () => {
  for (const camera of CAMERAS) {
    const towards = unitVector(camera.lon, camera.lat);
    for (const [lon, lat] of PLACES) {
      const k = lift(1.2e6);
      const p = unitVector(lon, lat).map((v) => v * k);
      const depth = p[0] * towards[0] + p[1] * towards[1] + p[2] * towards[2];
      const [right, up, near] = seen(camera, lon, lat, 1.2e6);
      assert.ok(Math.abs(near - depth) < 1e-12);
      assert.ok(Math.abs(Math.hypot(right, up) - Math.sqrt(k * k - depth * depth)) < 1e-9);
    }
  }
});

test("what the Earth hides is never placed, and what stands over the limb is", () => {
  const camera = { lon: 0, lat: 0, scale: 100, x: 0, y: 0 };
  const eye = lens("globe", camera, 400, 400);
  assert.equal(eye.place(180, 0, 0), null);
  assert.equal(eye.place(180, 0, 5e6), null);
  assert.equal(eye.place(100, 0, 0), null);
  assert.notEqual(eye.place(100, 0, 1e6), null);
  for (const camera of CAMERAS) {
    const towards = unitVector(camera.lon, camera.lat);
    for (const [lon, lat] of PLACES) {
      // Towards the eye, does the ray from the point meet the sphere? The other definition.
      const p = unitVector(lon, lat).map((v) => v * lift(4e5));
      const along = p[0] * towards[0] + p[1] * towards[1] + p[2] * towards[2];
      const closest = p.map((v, i) => v - along * towards[i]);
      const meets = along < 0 && Math.hypot(...closest) < 1;
      assert.equal(isHidden(seen(camera, lon, lat, 4e5)), meets);
    }
  }
});

test("an inverted ring is turned, a right one is kept", () => {
  const right = [[[130, 40], [135, 45], [140, 40], [130, 40]]];
  const inverted = [right[0].slice().reverse()];
  for (const rings of [right, inverted]) {
    const area = geoArea({ type: "Feature", geometry: rewound({ type: "Polygon", coordinates: rings }) });
    assert.ok(area < 0.1, `${area}`);
  }
});

test("travelling along a bearing arrives at the angle asked for", () => {
  const start = [125.7, 39.2];
  const there = travel(start, 68, 33);
  assert.ok(Math.abs(angleBetween(start, there) - 33) < 1e-9);
  assert.ok(Math.abs(bearing(start, there) - 68) < 1e-9);
  assert.equal(turnDeg(170, -170), 20);
});

test("both maps show a whole flight when they frame it", () => {
  const flights = [
    [[125.7, 39.2, 0], [147, 44, 770000], [169.8, 42.4, 0]],
    [[125.7, 39.2, 0], [132, 40, 4475000], [138.2, 41.2, 0]],
    [[127, 40, 0], [128, 39.5, 60000], [129, 39, 0]],
    [[125, 39, 0], [180, 60, 1.2e6], [-100, 45, 0]],
  ];
  for (const view of ["globe", "flat"]) {
    for (const points of flights.slice(0, view === "globe" ? 3 : 4)) {
      for (const [width, height] of [[1200, 700], [420, 300]]) {
        const eye = lens(view, framing(view, points, width, height), width, height);
        for (const [lon, lat, altitude] of points) {
          const at = eye.place(lon, lat, altitude);
          assert.ok(at && at[0] >= 0 && at[0] <= width && at[1] >= 0 && at[1] <= height, `${view} ${at}`);
        }
      }
    }
  }
});

test("a drag carries the ground along with the pointer, on both maps", () => {
  for (const view of ["globe", "flat"]) {
    const camera = { lon: 140, lat: 20, scale: 800, x: 0, y: 0 };
    const before = lens(view, camera, 800, 600).place(140, 20, 0);
    const after = lens(view, dragged(view, camera, 30, 12), 800, 600).place(140, 20, 0);
    assert.ok(Math.abs(after[0] - before[0] - 30) < 1.5, `${view} ${after[0] - before[0]}`);
    assert.ok(Math.abs(after[1] - before[1] - 12) < 1.5, `${view} ${after[1] - before[1]}`);
  }
});

test("the camera stays within its bounds", () => {
  assert.equal(within({ lon: 200, lat: 95 }).lat, 78);
  assert.equal(within({ lon: 200, lat: 0 }).lon, -160);
  const camera = { lon: 0, lat: 0, scale: 500, x: 0, y: 0 };
  assert.ok(zoomed(camera, 1e9, 800, 600).scale <= 9000);
  assert.ok(zoomed(camera, 1e-9, 800, 600).scale >= 100);
});
