// Points on and above the globe. Angles in degrees outside, radians inside; screens in CSS pixels.
// The globe is drawn as a sphere of geodetic latitudes, as d3 draws it.

import { geoArea } from "d3-geo";

export const EARTH_RADIUS_M = 6371008.8;
const RAD = Math.PI / 180;

// How far from the centre of the disc a point at an altitude is drawn: orthographic is linear in it.
export function lift(altitudeM) {
  return 1 + Math.max(altitudeM, 0) / EARTH_RADIUS_M;
}

// Position in the camera's axes: right, up, towards the eye; the globe has radius 1.
export function seen(camera, lonDeg, latDeg, altitudeM) {
  const k = lift(altitudeM);
  const lon = (lonDeg - camera.lon) * RAD;
  const lat = latDeg * RAD;
  const tilt = camera.lat * RAD;
  const cosLat = Math.cos(lat);
  return [
    k * cosLat * Math.sin(lon),
    k * (Math.cos(tilt) * Math.sin(lat) - Math.sin(tilt) * cosLat * Math.cos(lon)),
    k * (Math.sin(tilt) * Math.sin(lat) + Math.cos(tilt) * cosLat * Math.cos(lon)),
  ];
}

// The Earth hides what is behind the plane of the disc and inside the disc.
export function isHidden([right, up, towards]) {
  return towards < 0 && right * right + up * up < 1;
}

export function unitVector(lonDeg, latDeg) {
  const lon = lonDeg * RAD;
  const lat = latDeg * RAD;
  return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
}

export function lonLat([x, y, z]) {
  return [Math.atan2(y, x) / RAD, Math.atan2(z, Math.hypot(x, y)) / RAD];
}

export function angleBetween(a, b) {
  const p = unitVector(a[0], a[1]);
  const q = unitVector(b[0], b[1]);
  const cross = [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]];
  return Math.atan2(Math.hypot(...cross), p[0] * q[0] + p[1] * q[1] + p[2] * q[2]) / RAD;
}

export function middle(a, b) {
  const p = unitVector(a[0], a[1]);
  const q = unitVector(b[0], b[1]);
  return lonLat([p[0] + q[0], p[1] + q[1], p[2] + q[2]]);
}

export function bearing(from, to) {
  const dLon = (to[0] - from[0]) * RAD;
  const a = from[1] * RAD;
  const b = to[1] * RAD;
  const y = Math.sin(dLon) * Math.cos(b);
  const x = Math.cos(a) * Math.sin(b) - Math.sin(a) * Math.cos(b) * Math.cos(dLon);
  return Math.atan2(y, x) / RAD;
}

export function travel(from, bearingDeg, angleDeg) {
  const lat = from[1] * RAD;
  const way = bearingDeg * RAD;
  const arc = angleDeg * RAD;
  const there = Math.asin(Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(way));
  const turn = Math.atan2(
    Math.sin(way) * Math.sin(arc) * Math.cos(lat),
    Math.cos(arc) - Math.sin(lat) * Math.sin(there),
  );
  return [((from[0] + turn / RAD + 540) % 360) - 180, there / RAD];
}

// d3 fills what lies clockwise inside a ring; a ring of the other sense fills the rest of the world.
export function rewound(geometry) {
  if (geometry.type !== "Polygon" && geometry.type !== "MultiPolygon") return geometry;
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const right = parts.map((rings) => {
    const outer = { type: "Polygon", coordinates: [rings[0]] };
    const isInverted = geoArea(outer) > 2 * Math.PI;
    return isInverted ? rings.map((ring) => [...ring].reverse()) : rings;
  });
  return { type: "MultiPolygon", coordinates: right };
}

// Normalised longitude difference in (-180, 180].
export function turnDeg(fromDeg, toDeg) {
  return ((((toDeg - fromDeg) % 360) + 540) % 360) - 180;
}
