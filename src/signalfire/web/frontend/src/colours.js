// One colour per author of a view, from the palette of Okabe and Ito (2008), chosen to be told apart
// on dark ground also by colour-blind eyes; words stand beside them everywhere.

const NATIONS = { JPN: "#f0a3cf", KOR: "#f5b731", USA: "#3ecf9f" };
const OTHERS = ["#e0742f", "#9ecbff", "#d3c14a", "#b39cff"];

export const COMMON = "#7cc7ff";

export function nationColour(nation) {
  if (NATIONS[nation]) return NATIONS[nation];
  const sum = [...nation].reduce((total, letter) => total + letter.codePointAt(0), 0);
  return OTHERS[sum % OTHERS.length];
}

export function viewColour(view) {
  return view === "common" ? COMMON : nationColour(view.slice("national:".length));
}

export function alpha(colour, part) {
  return colour + Math.round(part * 255).toString(16).padStart(2, "0");
}

export const INK = {
  sea: ["#12304a", "#0c2136", "#081626"],
  glow: "#4aa3e0",
  land: "#27435a",
  coast: "#6f97b5",
  border: "#4c6e88",
  area: "#3d6079",
  graticule: "#1e4260",
  text: "#eaf2fa",
  muted: "#9db3c7",
  plate: "#081420",
  danger: "#ff5d52",
  caution: "#f5c518",
};
