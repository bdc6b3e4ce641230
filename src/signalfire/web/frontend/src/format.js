// Numbers, places and times for people: kilometres, degrees, UTC first. Intl does the languages.

const formats = new Map();

function number(lang, digits) {
  const key = `${lang}/${digits}`;
  if (!formats.has(key)) {
    formats.set(
      key,
      new Intl.NumberFormat(lang, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
    );
  }
  return formats.get(key);
}

export const DASH = "–";

export function km(lang, metres) {
  if (metres === null || metres === undefined) return DASH;
  const value = metres / 1000;
  const digits = Math.abs(value) < 10 ? 1 : 0;
  return `${number(lang, digits).format(value)} km`;
}

export function speed(lang, metresPerSecond) {
  return `${number(lang, 2).format(metresPerSecond / 1000)} km/s`;
}

export function percent(lang, fraction) {
  if (fraction === null || fraction === undefined) return DASH;
  return `${number(lang, 0).format(fraction * 100)} %`;
}

// Two axes with one unit, at the finer one's digits: 20.1 × 6.0 km.
export function extent(lang, majorM, minorM) {
  const digits = minorM < 9950 ? 1 : 0;
  const format = number(lang, digits);
  return `${format.format(majorM / 1000)} × ${format.format(minorM / 1000)} km`;
}

export function placeParts(lang, latDeg, lonDeg) {
  const lat = `${number(lang, 2).format(Math.abs(latDeg))}°${latDeg < 0 ? "S" : "N"}`;
  const lon = `${number(lang, 2).format(Math.abs(lonDeg))}°${lonDeg < 0 ? "W" : "E"}`;
  return [lat, lon];
}

export function place(lang, latDeg, lonDeg) {
  return placeParts(lang, latDeg, lonDeg).join(" ");
}

const two = (value) => String(value).padStart(2, "0");

export function clock(ms, offsetHours = 0) {
  const date = new Date(ms + offsetHours * 3600000);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

export function day(lang, ms, offsetHours = 0) {
  const key = `day/${lang}`;
  if (!formats.has(key)) {
    formats.set(
      key,
      new Intl.DateTimeFormat(lang, { timeZone: "UTC", year: "numeric", month: "short", day: "numeric" }),
    );
  }
  return formats.get(key).format(new Date(ms + offsetHours * 3600000));
}

// 6:32 or 1:06:32; never negative.
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const h = Math.floor(whole / 3600);
  const m = Math.floor((whole % 3600) / 60);
  return h > 0 ? `${h}:${two(m)}:${two(whole % 60)}` : `${m}:${two(whole % 60)}`;
}

export function seconds(lang, value) {
  return `${number(lang, value < 1.5 ? 1 : 0).format(value)} s`;
}

export function age(lang, seconds) {
  if (seconds < 10) return `${number(lang, 1).format(Math.max(0, seconds))} s`;
  return seconds < 120 ? `${number(lang, 0).format(seconds)} s` : duration(seconds);
}
