/** Names in the page's head what it will need at once, so that it comes while the page starts. */

import type { HtmlTagDescriptor, Plugin, Rolldown } from "vite";

/** The files that a part needs before it can run, its own among them. */
function filesOf(
  part: Rolldown.OutputChunk,
  parts: readonly Rolldown.OutputChunk[],
  files = new Set<string>(),
): Set<string> {
  if (files.has(part.fileName)) return files;
  files.add(part.fileName);
  for (const each of parts) if (part.imports.includes(each.fileName)) filesOf(each, parts, files);
  return files;
}

/**
 * @param page Its file.
 * @param chunk Name of the part that the page imports first, once it runs.
 * @param worker Name of what that part starts as a worker.
 */
export function preload(page: string, chunk: string, worker: string): Plugin {
  return {
    name: "gridtwin:preload",
    transformIndexHtml: {
      order: "post",
      handler: (_, { bundle, path }) => {
        if (!bundle || !path.endsWith(page)) return [];
        const chunks = Object.values(bundle).filter((each) => each.type === "chunk");
        const entry = chunks.find((each) => each.isEntry && page.startsWith(`${each.name}.`));
        const first = chunks.find((each) => each.isDynamicEntry && each.name === chunk);
        if (!entry || !first) throw new Error(`${page} imports no ${chunk}`);
        const started = Object.keys(bundle).find((file) => file.includes(`/${worker}-`));
        if (!started) throw new Error(`${page} starts no ${worker}`);
        const named = filesOf(entry, chunks);
        const files = [...filesOf(first, chunks)].filter((file) => !named.has(file));
        // The largest first: a browser asks for six at once.
        const size = (file: string) =>
          chunks.find((each) => each.fileName === file)?.code.length ?? 0;
        files.sort((a, b) => size(b) - size(a));
        const link = (attrs: HtmlTagDescriptor["attrs"], file: string): HtmlTagDescriptor => ({
          tag: "link",
          attrs: { ...attrs, href: `/${file}` },
          injectTo: "head",
        });
        return [
          ...files.map((file) => link({ rel: "modulepreload", crossorigin: true }, file)),
          link({ rel: "prefetch" }, started), // no browser knows it as a module of a worker
        ];
      },
    },
  };
}
