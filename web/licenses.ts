/** Put the licenses of all that the build carries beside it: libraries, fonts, and what is built into those. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Plugin } from "vite";

const PACKAGE = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/;
const LEGAL = /^(licen[cs]e|copying|notice)/i;

export function licenses(fileName: string): Plugin {
  return {
    name: "licenses",
    apply: "build",
    generateBundle(_, bundle) {
      const files = Object.values(bundle).flatMap((part) =>
        part.type === "chunk"
          ? part.moduleIds
          : part.originalFileNames.map((name) => join(import.meta.dirname, name)),
      );
      const folders = new Set(files.flatMap((file) => packagesOf(file.replace(/\?.*/, ""))));
      const texts = [...folders].map(licenseOf).sort();
      const source = `${texts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
      this.emitFile({ type: "asset", fileName, source });
    },
  };
}

/** The folders of the package a file is of, and of those it was built from: MapLibre comes so. */
function packagesOf(file: string): string[] {
  const own = PACKAGE.exec(file);
  if (!own) return []; // of the page itself
  const map = `${file}.map`;
  if (!existsSync(map)) return [own[0]];
  const { sources } = JSON.parse(readFileSync(map, "utf8")) as { sources: (string | null)[] };
  const names = new Set(sources.flatMap((source) => PACKAGE.exec(source ?? "")?.[1] ?? []));
  return [own[0], ...[...names].map((name) => installed(name, file))];
}

/** Where a file finds a package: the sources of a map are paths on another machine. */
function installed(name: string, file: string): string {
  const folders = createRequire(file).resolve.paths(name) ?? [];
  const folder = folders.map((each) => join(each, name)).find((each) => existsSync(each));
  if (!folder) throw new Error(`${file} was built from ${name}, which is not installed`);
  return folder;
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  ) as Record<"name" | "version" | "license", string>;
  const texts = readdirSync(folder)
    .filter((file) => LEGAL.test(file))
    .map((file) => readFileSync(join(folder, file), "utf8"));
  const text = texts.join("\n\n") || sectionOf(join(folder, "README.md")) || textBeside(name);
  if (!text)
    throw new Error(`${name} ${version} (${license}) comes without the text of its license`);
  return `${name} ${version} (${license})\n\n${text.replaceAll("\r\n", "\n").trim()}`;
}

/** The last section of a readme, if it is about the license: some have it nowhere else. */
function sectionOf(readme: string): string | undefined {
  if (!existsSync(readme)) return undefined;
  return /^#+ *licen[cs]e[^#]*$(?![\s\S]*^#)/im.exec(readFileSync(readme, "utf8"))?.[0];
}

/** The text of a license that its package forgot: kept beside this file. */
function textBeside(name: string): string {
  const file = join(import.meta.dirname, "licenses", `${name}.txt`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
