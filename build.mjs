/**
 * Bundles every entry point, `static/js/*.js` and `static/css/*.css`, into `static/dist/`.
 *
 * File names carry a hash of the content, so that browsers may keep the files for ever. `manifest.json` tells the
 * server which is which; beside each file lies a compressed one. With `--on-demand`, each line on standard input
 * asks for the bundle anew, and is answered by one line: `done` or `failed`.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { relative } from "node:path";
import { createInterface } from "node:readline";
import { gzipSync } from "node:zlib";
import { context } from "esbuild";

process.chdir(import.meta.dirname);

const OUTPUT = "static/dist";
const MANIFEST = `${OUTPUT}/manifest.json`;
const COMPRESSIBLE = /\.(css|js|svg)$/;

/** What is written: the manifest last, and only then what it names no longer is removed. */
function write({ outputFiles, metafile }) {
  mkdirSync(OUTPUT, { recursive: true });
  const kept = new Set([MANIFEST]);
  for (const { path, contents } of outputFiles) {
    const name = relative(".", path);
    kept.add(name).add(`${name}.gz`);
    if (existsSync(name) && !name.endsWith(".map")) continue; // a name stands for a content
    writeFileSync(name, contents);
    if (COMPRESSIBLE.test(name)) {
      writeFileSync(`${name}.gz`, gzipSync(contents, { level: 9 }));
    }
  }
  writeFileSync(
    `${MANIFEST}.new`,
    `${JSON.stringify(manifestOf(metafile), null, 2)}\n`,
  );
  renameSync(`${MANIFEST}.new`, MANIFEST); // a server reads either the old one or this
  for (const name of readdirSync(OUTPUT)) {
    if (!kept.has(`${OUTPUT}/${name}`)) rmSync(`${OUTPUT}/${name}`);
  }
}

/** @returns {Record<string, string>} from "dist/home.js" to the name with the hash, both below `static/` */
function manifestOf({ outputs }) {
  const named = Object.entries(outputs)
    .filter(([, { entryPoint }]) => entryPoint)
    .map(([path, { entryPoint }]) => [
      entryPoint.replace(/^static\/(js|css)/, "dist"),
      path.replace(/^static\//, ""),
    ]);
  return Object.fromEntries(named);
}

const bundler = await context({
  entryPoints: ["static/js/*.js", "static/css/*.css"],
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  outdir: OUTPUT,
  bundle: true,
  minify: true,
  sourcemap: true,
  metafile: true,
  write: false,
  format: "esm",
  target: "es2022",
  loader: { ".svg": "file" },
  logLevel: "warning",
});

async function rebuild() {
  try {
    write(await bundler.rebuild());
    return "done";
  } catch (error) {
    if (!error.errors) console.error(error); // else esbuild has said it
    return "failed";
  }
}

if (process.argv.includes("--on-demand")) {
  const asked = createInterface({ input: process.stdin });
  asked.on("line", async () => console.log(await rebuild()));
  await once(asked, "close");
} else if ((await rebuild()) === "done") {
  console.log(readFileSync(MANIFEST, "utf8"));
} else {
  process.exitCode = 1;
}
await bundler.dispose();
