// The state of the view in the address (fragment); nothing secret goes there.

const DEFAULTS = { view: "globe", event: "", lang: "", follow: "1", labels: "1", areas: "1", hide: "" };

export function readAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  const state = {};
  for (const [name, value] of Object.entries(DEFAULTS)) state[name] = given.get(name) ?? value;
  if (!["globe", "flat"].includes(state.view)) state.view = "globe";
  return state;
}

export function writeAddress(state) {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(DEFAULTS)) {
    if (state[name] !== value) written.set(name, state[name]);
  }
  const text = written.toString();
  const hash = text ? `#${text}` : "";
  if (hash !== location.hash) history.replaceState(null, "", `${location.pathname}${hash}`);
}
