// Military symbols by milsymbol, one canvas per code and size.

import ms from "milsymbol";

const RANGE = { SRBM: "01", MRBM: "02", IRBM: "03", ICBM: "05" };
const canvases = new Map();

// 2525D, 20 digits: version 10; context 0 reality, 2 simulation; identity 6 hostile; set 06 space
// missile; entity 110000 missile; sector 1 modifier 01 ballistic; sector 2 the class of range.
// Context 1 (exercise) would make identity 6 a friend who plays the enemy, in a friendly frame.
export function missileCode(realmKind, likeliest) {
  const context = realmKind === "live" ? "0" : "2";
  return `10${context}606000011000001${RANGE[likeliest] ?? "00"}`;
}

export function symbolCanvas(code, size) {
  const key = `${code}/${size}/${window.devicePixelRatio}`;
  let made = canvases.get(key);
  if (!made) {
    const symbol = new ms.Symbol(code, { size, outlineWidth: 3, outlineColor: "#eaf2fa" });
    const ratio = window.devicePixelRatio || 1;
    const canvas = symbol.asCanvas(ratio);
    const { width, height } = symbol.getSize();
    const anchor = symbol.getAnchor();
    made = { canvas, width, height, anchor };
    canvases.set(key, made);
  }
  return made;
}
