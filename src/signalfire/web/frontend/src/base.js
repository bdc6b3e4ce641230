// The ground: sea, land, coasts, borders. Drawn only when the camera changes.

import { geoPath } from "d3-geo";
import { graticule } from "./atlas.js";
import { INK, alpha } from "./colours.js";

const AREA_SCALE_MIN = 900;

export function drawBase(context, lens, { width, height, atlas, isMoving, showAreas }) {
  context.clearRect(0, 0, width, height);
  const path = geoPath(lens.projection, context);
  if (lens.view === "globe") drawSphere(context, lens);
  else drawSea(context, width, height);
  stroke(context, path, graticule, INK.graticule, 0.6);
  const world = (isMoving ? atlas.coarse : atlas.fine) ?? atlas.coarse;
  if (!world) return;
  context.beginPath();
  path(world.land);
  context.fillStyle = INK.land;
  context.fill();
  context.strokeStyle = INK.coast;
  context.lineWidth = 0.9;
  context.stroke();
  context.setLineDash([3, 3]);
  stroke(context, path, world.borders, INK.border, 0.8);
  context.setLineDash([]);
  if (showAreas && !isMoving && lens.radius > AREA_SCALE_MIN) {
    for (const area of atlas.areas.values()) stroke(context, path, area, INK.area, 0.6);
  }
  if (lens.view === "globe") drawLimb(context, lens);
}

function drawSphere(context, lens) {
  const [x, y] = lens.centre;
  const r = lens.radius;
  const glow = context.createRadialGradient(x, y, r * 0.97, x, y, r * 1.09);
  glow.addColorStop(0, alpha(INK.glow, 0.42));
  glow.addColorStop(0.25, alpha(INK.glow, 0.15));
  glow.addColorStop(1, alpha(INK.glow, 0));
  context.fillStyle = glow;
  disc(context, x, y, r * 1.09);
  const sea = context.createRadialGradient(x - r * 0.3, y - r * 0.4, r * 0.05, x, y, r);
  INK.sea.forEach((colour, i) => sea.addColorStop(i / (INK.sea.length - 1), colour));
  context.fillStyle = sea;
  disc(context, x, y, r);
}

function drawSea(context, width, height) {
  const sea = context.createLinearGradient(0, 0, 0, height);
  sea.addColorStop(0, INK.sea[1]);
  sea.addColorStop(0.5, INK.sea[0]);
  sea.addColorStop(1, INK.sea[1]);
  context.fillStyle = sea;
  context.fillRect(0, 0, width, height);
}

// Shade towards the limb, so that the globe looks round.
function drawLimb(context, lens) {
  const [x, y] = lens.centre;
  const r = lens.radius;
  const shade = context.createRadialGradient(x - r * 0.2, y - r * 0.25, r * 0.45, x, y, r);
  shade.addColorStop(0, "#03080f00");
  shade.addColorStop(0.7, "#03080f30");
  shade.addColorStop(1, "#03080fb0");
  context.fillStyle = shade;
  disc(context, x, y, r);
}

function disc(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function stroke(context, path, shape, colour, width) {
  context.beginPath();
  path(shape);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}
