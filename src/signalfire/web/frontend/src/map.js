// One map: two canvases, a camera, the pointer and the arrow keys.

import { drawBase } from "./base.js";
import { dragged, framing, home, lens, towards, zoomed } from "./camera.js";
import { h } from "./dom.js";
import { drawOverlay } from "./overlay.js";

const SETTLE_MS = 180;
const GRAB_PX = 16;
// A page that has just opened shows its subject at once; later ones are travelled to.
const JUMP_MS = 2500;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

export class MapView {
  constructor(atlas, { onSelect, onMoved, wake }) {
    this.atlas = atlas;
    this.onSelect = onSelect;
    this.onMoved = onMoved;
    this.wake = wake;
    this.base = h("canvas", { class: "map-base", "aria-hidden": "true" });
    this.overlay = h("canvas", { class: "map-overlay", role: "img", tabindex: "0" });
    this.node = h("div", { class: "map-canvases" }, this.base, this.overlay);
    this.view = "globe";
    this.camera = null;
    this.goal = null;
    this.drawn = [];
    this.width = this.height = 0;
    this.baseKey = "";
    this.movedAt = -Infinity;
    this.framedFor = "";
    this.bornAt = performance.now();
    this.listen();
    new ResizeObserver(() => this.resize()).observe(this.node);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.node;
    const ratio = window.devicePixelRatio || 1;
    if (width === this.width && height === this.height && ratio === this.ratio) return;
    Object.assign(this, { width, height, ratio, baseKey: "", framedFor: "" });
    for (const canvas of [this.base, this.overlay]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.wake();
  }

  // Draw the scene; true while the camera is still on its way.
  draw(scene) {
    if (this.width < 10 || this.height < 10) return false;
    this.camera ??= home(this.width, this.height);
    if (scene.view !== this.view) {
      this.view = scene.view;
      this.camera = { ...this.camera, x: 0, y: 0 };
      this.framedFor = "";
      this.movedAt = -Infinity;
    }
    this.follow(scene);
    const isGoing = this.advance();
    const isMoving = performance.now() - this.movedAt < SETTLE_MS;
    const eye = lens(this.view, this.camera, this.width, this.height);
    this.eye = eye;
    const { fine, coarse, areas } = this.atlas;
    const key = [this.view, ...Object.values(this.camera), isMoving, scene.showAreas, !!fine, !!coarse, areas.size].join();
    if (key !== this.baseKey) {
      this.baseKey = key;
      drawBase(this.base.getContext("2d"), eye, { ...this.size(), atlas: this.atlas, isMoving, showAreas: scene.showAreas });
    }
    this.drawn = drawOverlay(this.overlay.getContext("2d"), eye, { ...scene, areas }, this.size());
    return isGoing || isMoving;
  }

  size() {
    return { width: this.width, height: this.height };
  }

  follow(scene) {
    if (!scene.follow) {
      this.goal = null;
      return;
    }
    const points = pointsOf(scene);
    const key = `${this.view}/${scene.selected}/${points.length > 0}`;
    if (key === this.framedFor && (this.goal || points.length === 0 || this.isWellFramed(points))) return;
    const isNew = this.framedFor === "" || performance.now() - this.bornAt < JUMP_MS;
    this.framedFor = key;
    this.goal = framing(this.view, points, this.width, this.height);
    if (isNew || calm.matches) {
      this.camera = this.goal;
      this.goal = null;
    }
  }

  isWellFramed(points) {
    const eye = lens(this.view, this.camera, this.width, this.height);
    const at = points.map((p) => eye.place(p[0], p[1], p[2]));
    if (at.some((p) => p === null)) return false;
    const xs = at.map((p) => p[0] / this.width);
    const ys = at.map((p) => p[1] / this.height);
    const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    const isInside = box[0] > 0.06 && box[1] > 0.08 && box[2] < 0.94 && box[3] < 0.94;
    const isFull = Math.max(box[2] - box[0], box[3] - box[1]) > 0.42;
    return isInside && (isFull || this.camera.scale >= 3000);
  }

  advance() {
    if (!this.goal) return false;
    const next = towards(this.camera, this.goal, 0.14);
    this.camera = next ?? this.goal;
    if (!next) this.goal = null;
    this.movedAt = performance.now();
    return next !== null;
  }

  moveTo(camera) {
    this.camera = camera;
    this.goal = null;
    this.movedAt = performance.now();
    this.onMoved();
    this.wake();
  }

  zoom(factor) {
    if (this.camera) this.moveTo(zoomed(this.camera, factor, this.width, this.height));
  }

  listen() {
    const { overlay } = this;
    let last = null;
    let travelled = 0;
    overlay.addEventListener("pointerdown", (event) => {
      overlay.setPointerCapture(event.pointerId);
      last = [event.clientX, event.clientY];
      travelled = 0;
    });
    overlay.addEventListener("pointermove", (event) => {
      if (!last) return;
      const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
      travelled += Math.hypot(dx, dy);
      if (travelled < 4) return;
      last = [event.clientX, event.clientY];
      this.moveTo(dragged(this.view, this.camera, dx, dy));
    });
    overlay.addEventListener("pointerup", (event) => {
      if (last && travelled < 4) this.pick(event.offsetX, event.offsetY);
      last = null;
    });
    overlay.addEventListener("pointercancel", () => (last = null));
    overlay.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0014));
    }, { passive: false });
    overlay.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
      if (!step || !this.camera) return;
      event.preventDefault();
      this.moveTo(dragged(this.view, this.camera, ...step));
    });
  }

  pick(x, y) {
    let best = null;
    for (const one of this.drawn) {
      if (one.x === null || one.x === undefined) continue;
      const away = Math.hypot(one.x - x, one.y - y);
      if (away < GRAB_PX && (!best || away < best.away)) best = { away, one };
    }
    if (best) this.onSelect(best.one.event);
  }
}

// What the camera should keep in view: the selected event, from launch to impact.
function pointsOf(scene) {
  const event = scene.events.find((one) => one.id === scene.selected);
  if (!event) return [];
  const points = [];
  for (const view of event.views.values()) {
    if (scene.hidden.has(view.view)) continue;
    for (const place of [view.launch, view.impact]) {
      if (place.unknown === undefined) points.push([place.lon_deg, place.lat_deg, 0]);
    }
    if (view.impact.unknown === undefined) points.push(...every(view.impact.ring, 12).map((p) => [p[0], p[1], 0]));
    points.push(...every(view.arc, 8), ...every(event.trails.get(view.view) ?? [], 12));
    if (view.position) points.push([view.position.lon_deg, view.position.lat_deg, view.position.altitude_m]);
  }
  return points;
}

function every(points, step) {
  return points.filter((_, i) => i % step === 0 || i === points.length - 1);
}
