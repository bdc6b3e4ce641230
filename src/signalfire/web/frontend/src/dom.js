// Small helpers for the document: no markup from text; what did not change is not written.

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function setText(node, value) {
  const text = value ?? "";
  if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function setHidden(node, isHidden) {
  if (node.hidden !== isHidden) node.hidden = isHidden;
}

// Keeps one child per item, in the order of the items; `create` makes {node, update}.
// Children that were there before the list stay in front of it.
export function keyedList(parent, create) {
  const parts = new Map();
  const foreign = parent.lastChild;
  return (items, keyOf) => {
    const wanted = new Set(items.map(keyOf));
    for (const [key, part] of parts) {
      if (!wanted.has(key)) {
        part.node.remove();
        parts.delete(key);
      }
    }
    let before = foreign ? foreign.nextSibling : parent.firstChild;
    for (const item of items) {
      const key = keyOf(item);
      let part = parts.get(key);
      if (!part) {
        part = create(item);
        parts.set(key, part);
      }
      if (part.node !== before) parent.insertBefore(part.node, before);
      before = part.node.nextSibling;
      part.update(item);
    }
  };
}

// The shapes that go with the words of a status, so that colour is never alone.
const SHAPES = {
  diamond: "M8 1 15 8 8 15 1 8z",
  triangle: "M8 1.500 15 14.500H1z",
  cross: "M3 3 13 13M13 3 3 13",
  tick: "M2 8.500 6.500 13 14 3.500",
  circle: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2z",
  square: "M2.500 2.500h11v11h-11z",
  ring: "M8 2.500a5.500 5.500 0 1 0 0 11A5.500 5.500 0 1 0 8 2.500z",
};
const OUTLINES = new Set(["cross", "tick", "ring"]);

export function shape(name, size = 16) {
  const line = OUTLINES.has(name);
  return svg(
    "svg",
    { viewBox: "0 0 16 16", width: size, height: size, "aria-hidden": "true", class: "shape" },
    svg("path", {
      d: SHAPES[name],
      fill: line ? "none" : "currentColor",
      stroke: line ? "currentColor" : "none",
      "stroke-width": 2.6,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
    }),
  );
}
