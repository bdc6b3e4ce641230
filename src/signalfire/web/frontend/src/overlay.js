// What flies, where it came from, where it will come down, and which areas are warned.

import { geoPath } from "d3-geo";
import { INK, alpha, viewColour } from "./colours.js";
import { duration, extent, km, percent, speed } from "./format.js";
import { language, t, term } from "./i18n.js";
import { Labels } from "./labels.js";
import { leading } from "./store.js";
import { missileCode, symbolCanvas } from "./symbols.js";

const MINUTE_S = 60;
const DROPS_MAX = 24;
const SYMBOL_SIZE = 24;
const RING_DASHES = { launch: [], impact: [6, 3], debris: [2, 3] };

// Draws the scene and returns what was drawn: [{kind, nation, event, view, x, y}].
export function drawOverlay(context, lens, scene, size) {
  context.clearRect(0, 0, size.width, size.height);
  const pen = { context, lens, scene, path: geoPath(lens.projection, context), drawn: [], patterns: patternsOf(context) };
  pen.labels = new Labels(context, scene.family, size.width, size.height);
  drawWarnedAreas(pen);
  const events = [...scene.events].sort((a, b) => (a.id === scene.selected) - (b.id === scene.selected));
  for (const event of events) keepClear(pen, event);
  for (const event of events) drawEvent(pen, event);
  for (const event of events) drawMarkers(pen, event);
  if (scene.showLabels) for (const event of events) drawLabels(pen, event);
  return pen.drawn;
}

function patternsOf(context) {
  return { impact: hatch(context, INK.danger, 0.75), overflight: hatch(context, INK.caution, 0.6), debris: hatch(context, INK.caution, 0.6) };
}

const tiles = new Map();

function hatch(context, colour, strength) {
  const key = `${colour}${strength}`;
  if (!tiles.has(key)) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    pen.strokeStyle = alpha(colour, strength);
    pen.lineWidth = 1.4;
    for (const shift of [-8, 0, 8]) {
      pen.moveTo(shift, 8);
      pen.lineTo(shift + 8, 0);
    }
    pen.stroke();
    tiles.set(key, tile);
  }
  return context.createPattern(tiles.get(key), "repeat");
}

function drawWarnedAreas(pen) {
  const { context, path, scene } = pen;
  for (const [id, kind] of scene.warned) {
    const area = scene.areas.get(id);
    if (!area) continue;
    const colour = kind === "impact" ? INK.danger : INK.caution;
    context.beginPath();
    path(area);
    context.fillStyle = alpha(colour, kind === "impact" ? 0.34 : 0.22);
    context.fill();
    context.fillStyle = pen.patterns[kind] ?? pen.patterns.debris;
    context.fill();
    context.strokeStyle = colour;
    context.lineWidth = 1.2;
    context.stroke();
    const [[left, top], [right, bottom]] = path.bounds(area);
    pen.labels.taken.push([left, top, right, bottom]);
    pen.drawn.push({ kind: "area", id, warned: kind });
  }
}

// Words keep off the paths.
function keepClear(pen, event) {
  const view = leading(event);
  for (const p of [...(event.trails.get(view.view) ?? []), ...view.arc]) {
    const at = pen.lens.place(p[0], p[1], p[2]);
    if (at) pen.labels.block(at[0], at[1], 3);
  }
}

function shownViews(pen, event) {
  const views = [...event.views.values()].filter((view) => !pen.scene.hidden.has(view.view));
  return views.sort((a, b) => (a.view === "common") - (b.view === "common"));
}

function drawEvent(pen, event) {
  const isSelected = event.id === pen.scene.selected;
  for (const view of shownViews(pen, event)) {
    const isFirst = view === leading(event);
    const trail = event.trails.get(view.view) ?? [];
    const style = { colour: viewColour(view.view), weight: isFirst ? 2.6 : 1.5, strength: isSelected ? 1 : 0.45 };
    pen.context.globalAlpha = style.strength;
    if (view.phase !== "ended" || isSelected) drawPlaces(pen, view, style, isFirst);
    if (isFirst && isSelected) drawCurtain(pen, trail, view.arc, style.colour);
    drawTrail(pen, trail, style);
    drawArc(pen, view, style);
    pen.context.globalAlpha = 1;
  }
}

function drawPlaces(pen, view, style, isFirst) {
  const debris = isFirst ? view.debris.map((place) => ["debris", place]) : [];
  for (const [kind, place] of [["launch", view.launch], ["impact", view.impact], ...debris]) {
    if (place.unknown !== undefined) continue;
    const { context } = pen;
    context.beginPath();
    pen.path({ type: "Polygon", coordinates: [place.ring] });
    context.fillStyle = alpha(kind === "debris" ? INK.caution : style.colour, isFirst ? 0.2 : 0.1);
    context.fill();
    context.strokeStyle = kind === "debris" ? INK.caution : style.colour;
    context.lineWidth = isFirst && kind !== "debris" ? 1.8 : 1.2;
    context.setLineDash(RING_DASHES[kind]);
    context.stroke();
    context.setLineDash([]);
  }
}

// The ground below the flight, and lines down to it at whole minutes: what makes altitude readable.
function drawCurtain(pen, trail, arc, colour) {
  const points = [...trail, ...arc];
  if (points.length < 2) return;
  const { context, lens } = pen;
  context.setLineDash([2, 4]);
  context.strokeStyle = alpha(INK.text, 0.45);
  context.lineWidth = 1.1;
  context.beginPath();
  pen.path({ type: "LineString", coordinates: points.map((p) => [p[0], p[1]]) });
  context.stroke();
  context.setLineDash([]);
  if (lens.view === "flat") return;
  context.fillStyle = alpha(colour, 0.09);
  for (let i = 1; i < points.length; i++) quad(pen, points[i - 1], points[i]);
  const span = points.at(-1)[3] - points[0][3];
  const every = MINUTE_S * Math.max(1, Math.ceil(span / MINUTE_S / DROPS_MAX));
  context.strokeStyle = alpha(colour, 0.4);
  context.lineWidth = 0.9;
  context.beginPath();
  for (let i = 1; i < points.length; i++) {
    const mark = Math.ceil(points[i - 1][3] / every) * every;
    if (mark > points[i][3] || mark <= points[i - 1][3]) continue;
    const top = lens.place(points[i][0], points[i][1], points[i][2]);
    const foot = lens.place(points[i][0], points[i][1], 0);
    if (!top || !foot) continue;
    context.moveTo(...top);
    context.lineTo(...foot);
  }
  context.stroke();
}

function quad({ context, lens }, a, b) {
  const corners = [[a, a[2]], [b, b[2]], [b, 0], [a, 0]].map(([p, high]) => lens.place(p[0], p[1], high));
  if (corners.some((corner) => corner === null)) return;
  context.beginPath();
  corners.forEach((corner, i) => (i ? context.lineTo(...corner) : context.moveTo(...corner)));
  context.fill();
}

// Observed parts are whole lines, extrapolated ones broken.
function drawTrail(pen, trail, style) {
  const { context } = pen;
  context.strokeStyle = style.colour;
  context.lineWidth = style.weight;
  context.lineJoin = "round";
  for (const observed of [1, 0]) {
    context.setLineDash(observed ? [] : [3, 4]);
    context.beginPath();
    for (let i = 1; i < trail.length; i++) {
      if (trail[i][4] === observed) segment(pen, trail[i - 1], trail[i]);
    }
    context.stroke();
  }
  context.setLineDash([]);
}

function drawArc(pen, view, style) {
  if (view.arc.length < 2) return;
  const { context } = pen;
  context.strokeStyle = alpha(style.colour, 0.95);
  context.lineWidth = style.weight * 0.8;
  context.setLineDash(view.is_observed ? [7, 5] : [2, 5]);
  context.beginPath();
  let previous = null;
  for (const point of view.arc) {
    const at = pen.lens.place(point[0], point[1], point[2]);
    if (at && previous && pen.lens.joins(previous, at)) context.lineTo(...at);
    else if (at) context.moveTo(...at);
    previous = at;
  }
  context.stroke();
  context.setLineDash([]);
}

function segment({ context, lens }, a, b) {
  const from = lens.place(a[0], a[1], a[2]);
  const to = lens.place(b[0], b[1], b[2]);
  if (!from || !to || !lens.joins(from, to)) return;
  context.moveTo(...from);
  context.lineTo(...to);
}

function drawMarkers(pen, event) {
  const isSelected = event.id === pen.scene.selected;
  pen.context.globalAlpha = isSelected ? 1 : 0.6;
  for (const view of shownViews(pen, event)) {
    const isFirst = view === leading(event);
    markPlace(pen, view, "launch", view.launch);
    markPlace(pen, view, "impact", view.impact);
    if (isFirst) for (const place of view.debris) markPlace(pen, view, "debris", place);
    markParts(pen, view);
    markObject(pen, view, isFirst);
  }
  pen.context.globalAlpha = 1;
}

// After all markers, so that no plate covers one.
function drawLabels(pen, event) {
  const view = leading(event);
  if (pen.scene.hidden.has(view.view)) return;
  const colour = viewColour(view.view);
  const { position, launch, impact, debris } = view;
  if (position && view.phase !== "ended") {
    const at = pen.lens.place(position.lon_deg, position.lat_deg, position.altitude_m);
    if (at) pen.labels.put(at[0], at[1], colour, objectLines(view));
  }
  if (event.id !== pen.scene.selected) return;
  const places = [["launch", launch], ["impact", impact], ...debris.map((place) => ["debris", place])];
  for (const [kind, place] of places) {
    const at = place.unknown === undefined ? pen.lens.place(place.lon_deg, place.lat_deg, 0) : null;
    if (at) pen.labels.put(at[0], at[1], colour, placeLines(pen, view, kind, place));
  }
}

function record(pen, view, kind, at) {
  pen.drawn.push({
    kind, nation: view.nation, event: view.event, view: view.view,
    x: at ? Math.round(at[0]) : null, y: at ? Math.round(at[1]) : null,
  });
}

function markPlace(pen, view, kind, place) {
  if (place.unknown !== undefined) return;
  const at = pen.lens.place(place.lon_deg, place.lat_deg, 0);
  record(pen, view, kind, at);
  if (!at) return;
  const { context } = pen;
  const colour = kind === "debris" ? INK.caution : viewColour(view.view);
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  const [x, y] = at;
  if (kind === "launch") {
    context.moveTo(x, y - 6);
    context.lineTo(x + 5.5, y + 4);
    context.lineTo(x - 5.5, y + 4);
    context.closePath();
    context.fill();
  } else if (kind === "debris") {
    context.strokeRect(x - 3.5, y - 3.5, 7, 7);
  } else {
    for (const [dx, dy] of [[5, 5], [5, -5]]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.stroke();
  }
  pen.labels.block(x, y, 8);
}

function placeLines(pen, view, kind, place) {
  const lang = language();
  const { semi_major_m: major, semi_minor_m: minor } = place.ellipse_p90;
  const size = `${t("map.p90")}: ${extent(lang, major, minor)}`;
  const lines = [[t(`map.${kind}`), true], [size, false]];
  const left = kind !== "launch" && pen.scene.now !== null ? (Date.parse(place.time) - pen.scene.now) / 1000 : -1;
  if (left > 0) lines.push([`T−${duration(left)}`, true]);
  return lines;
}

// What came off the missile: small, hollow and without a name.
function markParts(pen, view) {
  if (view.phase === "ended") return;
  const { context, lens } = pen;
  context.strokeStyle = viewColour(view.view);
  context.lineWidth = 1.5;
  for (const part of view.objects) {
    const at = lens.place(part.lon_deg, part.lat_deg, part.altitude_m);
    record(pen, view, "part", at);
    if (!at) continue;
    context.beginPath();
    context.arc(at[0], at[1], 3, 0, 2 * Math.PI);
    context.stroke();
  }
}

function markObject(pen, view, isFirst) {
  if (!view.position || view.phase === "ended") return;
  const { lon_deg: lon, lat_deg: lat, altitude_m: altitude } = view.position;
  const at = pen.lens.place(lon, lat, altitude);
  record(pen, view, "object", at);
  if (!at) return;
  const { context, scene } = pen;
  const [x, y] = at;
  const colour = viewColour(view.view);
  if (!isFirst) {
    context.fillStyle = colour;
    context.strokeStyle = INK.plate;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y, 4.5, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
    return;
  }
  const icon = symbolCanvas(missileCode(scene.realmKind, likeliest(view)[0]), SYMBOL_SIZE);
  context.globalAlpha *= view.phase === "lost" ? 0.6 : 1;
  context.drawImage(icon.canvas, x - icon.anchor.x, y - icon.anchor.y, icon.width, icon.height);
  pen.labels.block(x, y, 18);
}

function objectLines(view) {
  const lang = language();
  const [name, share] = likeliest(view);
  const { altitude_m: altitude, speed_m_s: fast } = view.position;
  return [
    [view.event, true],
    [`${term("phase", view.phase)} · ${shortClass(name)} ${percent(lang, share)}`, false],
    [`↑ ${km(lang, altitude)} · ${speed(lang, fast)}`, false],
  ];
}

export function shortClass(name) {
  return name === "unknown" || name === "manoeuvring" ? term("class", name) : name;
}

export function likeliest(view) {
  return Object.entries(view.class).reduce((best, pair) => (pair[1] > best[1] ? pair : best));
}
