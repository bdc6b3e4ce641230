// Altitude over time: what a flat map cannot show.

import { INK, alpha, viewColour } from "./colours.js";
import { h } from "./dom.js";
import { clock, km } from "./format.js";
import { language, t } from "./i18n.js";
import { leading } from "./store.js";

const LEFT = 64;
const RIGHT = 14;
const TOP = 20;
const BOTTOM = 20;

export class Strip {
  constructor(wake) {
    this.canvas = h("canvas", { class: "strip-canvas", role: "img" });
    this.node = h("div", { class: "strip-body" }, this.canvas);
    this.width = this.height = 0;
    new ResizeObserver(() => {
      this.resize();
      wake();
    }).observe(this.node);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.node;
    const ratio = window.devicePixelRatio || 1;
    Object.assign(this, { width, height });
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  draw(scene) {
    const { canvas, width, height } = this;
    if (width < 40 || height < 40) return;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    canvas.setAttribute("aria-label", t("strip.title"));
    context.font = `11px ${scene.family}`;
    const event = scene.events.find((one) => one.id === scene.selected);
    const lines = event ? linesOf(event, scene.hidden) : [];
    if (lines.length === 0) {
      context.fillStyle = INK.muted;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(t("strip.empty"), width / 2, height / 2);
      return;
    }
    const frame = frameOf(lines, event, scene, width, height);
    drawGrid(context, frame, width, height);
    for (const line of lines) drawLine(context, frame, line);
    drawImpact(context, frame, leading(event), height);
    drawNow(context, frame, scene.now, height);
    drawApogee(context, frame, lines);
  }
}

function linesOf(event, hidden) {
  const views = [...event.views.values()].filter((view) => !hidden.has(view.view));
  views.sort((a, b) => (a.view === "common") - (b.view === "common"));
  return views
    .map((view) => ({ view, trail: event.trails.get(view.view) ?? [], arc: view.arc }))
    .filter(({ trail, arc }) => trail.length + arc.length > 0);
}

function frameOf(lines, event, scene, width, height) {
  const points = lines.flatMap(({ trail, arc }) => [...trail, ...arc]);
  const launch = leading(event).launch;
  const begin = Math.min(
    ...points.map((p) => p[3]),
    ...(launch.unknown === undefined ? [Date.parse(launch.time) / 1000] : []),
  );
  const end = Math.max(...points.map((p) => p[3]), begin + 60) + 20;
  const top = Math.max(...points.map((p) => p[2]), 100000) * 1.22;
  const x = (second) => LEFT + ((second - begin) / (end - begin)) * (width - LEFT - RIGHT);
  const y = (metres) => height - BOTTOM - (metres / top) * (height - TOP - BOTTOM);
  return { x, y, begin, end, top };
}

function drawGrid(context, frame, width, height) {
  const room = height - TOP - BOTTOM;
  const stepM = nice(frame.top / Math.max(2, room / 34));
  context.strokeStyle = "#1d3449";
  context.fillStyle = INK.muted;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let level = 0; level <= frame.top; level += stepM) {
    rule(context, LEFT, frame.y(level), width - RIGHT, frame.y(level));
    context.fillText(level === 0 ? "0" : km(language(), level), LEFT - 6, frame.y(level));
  }
  const span = frame.end - frame.begin;
  const every = [60, 120, 300, 600, 900, 1200, 1800, 3600].find((s) => span / s <= (width - LEFT) / 70) ?? 3600;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (let second = Math.ceil(frame.begin / every) * every; second <= frame.end; second += every) {
    rule(context, frame.x(second), TOP, frame.x(second), height - BOTTOM);
    if (frame.x(second) < width - 30) context.fillText(clock(second * 1000).slice(0, 5), frame.x(second), height - 6);
  }
}

function nice(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value);
}

function rule(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
}

function drawLine(context, frame, { view, trail, arc }) {
  const colour = viewColour(view.view);
  const isFirst = view.view === "common";
  if (isFirst && arc.length + trail.length > 1) {
    const all = [...trail, ...arc];
    context.beginPath();
    context.moveTo(frame.x(all[0][3]), frame.y(0));
    for (const p of all) context.lineTo(frame.x(p[3]), frame.y(p[2]));
    context.lineTo(frame.x(all.at(-1)[3]), frame.y(0));
    context.closePath();
    context.fillStyle = alpha(colour, 0.1);
    context.fill();
  }
  context.strokeStyle = colour;
  context.lineWidth = isFirst ? 2.2 : 1.3;
  for (const observed of [1, 0]) {
    context.setLineDash(observed ? [] : [3, 3]);
    context.beginPath();
    for (let i = 1; i < trail.length; i++) {
      if (trail[i][4] !== observed) continue;
      context.moveTo(frame.x(trail[i - 1][3]), frame.y(trail[i - 1][2]));
      context.lineTo(frame.x(trail[i][3]), frame.y(trail[i][2]));
    }
    context.stroke();
  }
  context.setLineDash([5, 4]);
  context.beginPath();
  arc.forEach((p, i) => (i ? context.lineTo(frame.x(p[3]), frame.y(p[2])) : context.moveTo(frame.x(p[3]), frame.y(p[2]))));
  context.stroke();
  context.setLineDash([]);
}

function drawImpact(context, frame, view, height) {
  if (view.impact.unknown !== undefined) return;
  const at = Date.parse(view.impact.time) / 1000;
  const half = Math.max(2 * view.impact.time_sigma_s, 1);
  const colour = viewColour(view.view);
  context.fillStyle = alpha(colour, 0.5);
  context.fillRect(frame.x(at - half), height - BOTTOM - 4, Math.max(3, frame.x(at + half) - frame.x(at - half)), 8);
}

function drawNow(context, frame, now, height) {
  if (now === null) return;
  const x = frame.x(Math.min(now / 1000, frame.end));
  context.strokeStyle = INK.text;
  context.lineWidth = 1;
  rule(context, x, TOP - 4, x, height - BOTTOM);
  context.fillStyle = INK.text;
  context.textAlign = x > frame.x(frame.end) - 60 ? "right" : "center";
  context.textBaseline = "alphabetic";
  context.fillText(t("strip.now"), x, TOP - 7);
}

function drawApogee(context, frame, lines) {
  const { view, trail, arc } = lines.at(-1);
  const all = [...trail, ...arc];
  const peak = all.reduce((best, p) => (p[2] > best[2] ? p : best));
  if (peak === all.at(-1)) return;
  context.fillStyle = viewColour(view.view);
  context.beginPath();
  context.arc(frame.x(peak[3]), frame.y(peak[2]), 3, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = INK.text;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText(km(language(), peak[2]), frame.x(peak[3]), frame.y(peak[2]) - 7);
}
