// Where a map looks. Globe and flat map share {lon, lat, scale}; the globe adds a shift of its centre.

import { geoMercator, geoOrthographic } from "d3-geo";
import { angleBetween, bearing, isHidden, middle, seen, travel, turnDeg } from "./geometry.js";

export const FLAT_CENTRE_DEG = 150;
const LAT_MAX = 78;
const SCALE_MIN_PART = 0.42;
const SCALE_MAX = 9000;
const HOME = { lon: 138, lat: 34 };

export function home(width, height) {
  return { ...HOME, scale: Math.min(width, height) * 0.46, x: 0, y: 0 };
}

// A camera with methods to draw by: where a point lies on the screen, null where it cannot be seen.
export function lens(view, camera, width, height) {
  return view === "flat" ? flatLens(camera, width, height) : globeLens(camera, width, height);
}

function globeLens(camera, width, height) {
  const cx = width / 2 + camera.x;
  const cy = height / 2 + camera.y;
  const projection = geoOrthographic()
    .rotate([-camera.lon, -camera.lat, 0])
    .scale(camera.scale)
    .translate([cx, cy])
    .clipAngle(90)
    .precision(0.3);
  return {
    view: "globe",
    projection,
    centre: [cx, cy],
    radius: camera.scale,
    place(lonDeg, latDeg, altitudeM = 0) {
      const at = seen(camera, lonDeg, latDeg, altitudeM);
      if (isHidden(at)) return null;
      return [cx + camera.scale * at[0], cy - camera.scale * at[1]];
    },
    joins: () => true,
  };
}

function flatLens(camera, width, height) {
  const scale = flatScale(camera);
  const projection = geoMercator().rotate([-FLAT_CENTRE_DEG, 0]).scale(scale).precision(0.3);
  const bare = projection.translate([0, 0])([camera.lon, camera.lat]);
  projection.translate([width / 2 - bare[0], height / 2 - bare[1]]);
  projection.clipExtent([[-200, -200], [width + 200, height + 200]]);
  const half = Math.PI * scale;
  return {
    view: "flat",
    projection,
    centre: [width / 2, height / 2],
    radius: scale,
    place: (lonDeg, latDeg) => projection([lonDeg, Math.max(-85, Math.min(85, latDeg))]),
    joins: (a, b) => Math.abs(a[0] - b[0]) < half,
  };
}

export function flatScale(camera) {
  return camera.scale * Math.cos((Math.max(-LAT_MAX, Math.min(LAT_MAX, camera.lat)) * Math.PI) / 180);
}

export function dragged(view, camera, dx, dy) {
  const perPixel = 180 / Math.PI / (view === "flat" ? flatScale(camera) : camera.scale);
  const lift = view === "flat" ? Math.cos((camera.lat * Math.PI) / 180) : 1;
  const spread = view === "flat" ? 1 : 1 / Math.max(0.25, Math.cos((camera.lat * Math.PI) / 180));
  return within({
    ...camera,
    lon: camera.lon - dx * perPixel * spread,
    lat: camera.lat + dy * perPixel * lift,
  });
}

export function zoomed(camera, factor, width, height) {
  const smallest = Math.min(width, height) * SCALE_MIN_PART * 0.5;
  const scale = Math.max(smallest, Math.min(SCALE_MAX, camera.scale * factor));
  const kept = scale / camera.scale;
  return { ...camera, scale, x: camera.x * kept, y: camera.y * kept };
}

export function within(camera) {
  const lon = turnDeg(0, camera.lon);
  return { ...camera, lon, lat: Math.max(-LAT_MAX, Math.min(LAT_MAX, camera.lat)) };
}

// A camera that shows all points [lon, lat, altitude], tilted so that an arc is seen from its side.
export function framing(view, points, width, height) {
  if (points.length === 0 || width < 10 || height < 10) return home(width, height);
  return view === "flat" ? frameFlat(points, width, height) : frameGlobe(points, width, height);
}

function frameGlobe(points, width, height) {
  const first = points[0];
  const last = points.reduce((far, p) => (angleBetween(first, p) > angleBetween(first, far) ? p : far));
  const reachDeg = angleBetween(first, last);
  const highest = Math.max(...points.map((p) => p[2] ?? 0));
  const steepness = highest / Math.max(reachDeg * 111000, 300000);
  const tilt = Math.max(20, Math.min(58, 24 + 18 * steepness));
  const way = reachDeg < 0.05 ? 90 : bearing(first, last);
  const side = Math.abs(turnDeg(way + 90, 180)) < Math.abs(turnDeg(way - 90, 180)) ? way + 90 : way - 90;
  const [lon, lat] = travel(middle(first, last), side, tilt);
  const camera = within({ lon, lat, scale: 1, x: 0, y: 0 });
  const box = bounds(points.map((p) => seen(camera, p[0], p[1], p[2] ?? 0)));
  const scale = fitted(box, width, height);
  const [mx, my] = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  return { ...camera, scale, x: -mx * scale, y: my * scale };
}

function frameFlat(points, width, height) {
  const projection = geoMercator().rotate([-FLAT_CENTRE_DEG, 0]).scale(1).translate([0, 0]);
  const box = bounds(points.map((p) => projection([p[0], p[1]])));
  const [lon, lat] = projection.invert([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]);
  const camera = within({ lon, lat, scale: 1, x: 0, y: 0 });
  return { ...camera, scale: fitted(box, width, height) / flatScale(camera) };
}

function fitted(box, width, height) {
  const wide = (width * 0.7) / Math.max(box[2] - box[0], 1e-6);
  const high = (height * 0.62) / Math.max(box[3] - box[1], 1e-6);
  return Math.max(Math.min(width, height) * SCALE_MIN_PART, Math.min(wide, high, 3200));
}

function bounds(points) {
  const xs = points.map((p) => p[0]);
  const ys = points.map((p) => p[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// A part of the way from one camera to another; null when they are as good as equal.
export function towards(from, to, part) {
  const turn = turnDeg(from.lon, to.lon);
  const tilt = to.lat - from.lat;
  const grow = Math.log(to.scale / from.scale);
  const shift = Math.hypot(to.x - from.x, to.y - from.y);
  if (Math.max(Math.abs(turn), Math.abs(tilt)) * from.scale < 25 && Math.abs(grow) < 0.006 && shift < 1.5) {
    return null;
  }
  return within({
    lon: from.lon + turn * part,
    lat: from.lat + tilt * part,
    scale: from.scale * Math.exp(grow * part),
    x: from.x + (to.x - from.x) * part,
    y: from.y + (to.y - from.y) * part,
  });
}
