// One step from sources to static/: bundle, hash, page, notices, manifest.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "..", "static");
const DATA = [
  ["world-110m", "node_modules/world-atlas/countries-110m.json"],
  ["world-50m", "node_modules/world-atlas/countries-50m.json"],
];

const written = [];

function put(name, extension, body) {
  const bytes = Buffer.from(body);
  const hash = createHash("sha256").update(bytes).digest("hex");
  const file = extension ? `${name}-${hash.slice(0, 10)}.${extension}` : name;
  writeFileSync(join(OUT, file), bytes);
  written.push({ name: file, bytes: bytes.length, sha256: hash });
  return file;
}

// The package folder that holds an input of the bundle, or null for our own sources.
function packageOf(input) {
  const parts = input.split(sep);
  const at = parts.lastIndexOf("node_modules");
  if (at < 0) return null;
  const depth = parts[at + 1].startsWith("@") ? 3 : 2;
  return join(HERE, ...parts.slice(0, at + depth));
}

function notice(folder) {
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const licence = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  if (!licence) throw new Error(`${about.name} ${about.version} has no licence file to include`);
  const text = readFileSync(join(folder, licence), "utf8").trim();
  return { title: `${about.name} ${about.version} (${about.license})`, text };
}

function notices(metafile) {
  const folders = new Set([join(HERE, "node_modules", "world-atlas")]);
  for (const input of Object.keys(metafile.inputs)) {
    const folder = packageOf(relative(HERE, join(HERE, input)));
    if (folder) folders.add(folder);
  }
  const parts = [...folders].sort().map(notice);
  const intro =
    "The picture in the browser includes the following third-party software and data.\n" +
    "Coasts and borders: Natural Earth (public domain); borders are de facto ones.\n";
  const rule = "-".repeat(78);
  return intro + parts.map(({ title, text }) => `\n${rule}\n${title}\n${rule}\n\n${text}\n`).join("");
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });

const common = { bundle: true, minify: true, metafile: true, write: false, legalComments: "none", drop: ["console"] };
const script = await build({
  ...common,
  entryPoints: [join(HERE, "src", "main.js")],
  absWorkingDir: HERE,
  format: "esm",
  target: "es2022",
  charset: "utf8",
});
const style = await build({ ...common, entryPoints: [join(HERE, "src", "style.css")], absWorkingDir: HERE });

const names = Object.fromEntries(
  DATA.map(([name, path]) => {
    const source = join(HERE, path);
    if (!existsSync(source)) throw new Error(`${path} is missing: run npm ci first`);
    return [name, put(name, "json", readFileSync(source))];
  }),
);
const files = {
  SCRIPT: put("picture", "js", script.outputFiles[0].contents),
  STYLE: put("picture", "css", style.outputFiles[0].contents),
  ICON: put("icon", "svg", readFileSync(join(HERE, "src", "icon.svg"))),
  WORLD_COARSE: names["world-110m"],
  WORLD_FINE: names["world-50m"],
};
let page = readFileSync(join(HERE, "src", "index.html"), "utf8");
for (const [token, file] of Object.entries(files)) page = page.replaceAll(`%${token}%`, `/static/${file}`);
put("index.html", "", page);
put("THIRD_PARTY_NOTICES.txt", "", notices(script.metafile));
writeFileSync(join(OUT, "manifest.json"), JSON.stringify({ files: written }, null, 1) + "\n");
const total = written.reduce((sum, file) => sum + file.bytes, 0);
console.log(`picture built: ${written.length} files, ${(total / 1e6).toFixed(2)} MB in ${relative(process.cwd(), OUT)}`);
