// Words on the map: small plates that keep out of each other's way.

import { INK, alpha } from "./colours.js";

const PAD = 5;
const LINE = 15;
const PLACES = [16, 30, 56, 90].flatMap((away) => [
  [away, -away], [away, away], [-away, -away], [-away, away],
]);

export class Labels {
  constructor(context, family, width, height) {
    this.context = context;
    this.family = family;
    this.width = width;
    this.height = height;
    this.taken = [];
  }

  // Keep other plates off a marker.
  block(x, y, radius) {
    this.taken.push([x - radius, y - radius, x + radius, y + radius]);
  }

  // `lines` are [text, isStrong]; the plate goes where there is room near the point.
  put(x, y, colour, lines) {
    const { context } = this;
    const wide = Math.max(...lines.map(([text, strong]) => this.measure(text, strong))) + 2 * PAD;
    const high = lines.length * LINE + 2 * PAD - 2;
    const box = this.room(x, y, wide, high);
    this.taken.push(box);
    const [left, top, right] = box;
    const nearX = Math.max(left, Math.min(x, right));
    const nearY = y < top ? top : y > box[3] ? box[3] : y;
    context.strokeStyle = alpha(colour, 0.7);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(nearX, nearY);
    context.stroke();
    context.fillStyle = alpha(INK.plate, 0.86);
    context.beginPath();
    context.roundRect(left, top, wide, high, 4);
    context.fill();
    context.fillStyle = colour;
    context.fillRect(left, top + 3, 2.5, high - 6);
    lines.forEach(([text, strong], i) => {
      context.font = this.font(strong);
      context.fillStyle = strong ? INK.text : INK.muted;
      context.textBaseline = "middle";
      context.fillText(text, left + PAD + 2, top + PAD + LINE * (i + 0.5) - 1);
    });
  }

  room(x, y, wide, high) {
    const boxes = PLACES.map(([dx, dy]) => {
      const left = dx < 0 ? x + dx - wide : x + dx;
      const top = dy < 0 ? y + dy - high + 14 : y + dy - 10;
      return this.inside([left, top, left + wide, top + high]);
    });
    const hits = boxes.map((box) => this.taken.filter((other) => overlap(box, other)).length);
    return boxes[hits.indexOf(Math.min(...hits))];
  }

  inside([left, top, right, bottom]) {
    const dx = Math.max(4 - left, Math.min(0, this.width - 4 - right));
    const dy = Math.max(4 - top, Math.min(0, this.height - 4 - bottom));
    return [left + dx, top + dy, right + dx, bottom + dy];
  }

  measure(text, strong) {
    this.context.font = this.font(strong);
    return this.context.measureText(text).width;
  }

  font(strong) {
    return `${strong ? 600 : 400} 12px ${this.family}`;
  }
}

function overlap(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}
