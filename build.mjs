/** Bundles every entry point, `static/js/*.js` and `static/css/*.css`, into `static/dist/`. */
import { rmSync } from "node:fs";
import { build } from "esbuild";

const OUTPUT = "static/dist";

rmSync(OUTPUT, { recursive: true, force: true });
await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ["static/js/*.js", "static/css/*.css"],
  entryNames: "[name]",
  outdir: OUTPUT,
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  target: "es2022",
  loader: { ".svg": "file" },
  logLevel: "info",
});
