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
 */
export function preload(page: string, chunk: string): Plugin {
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
        const named = filesOf(entry, chunks);
        return [...filesOf(first, chunks)]
          .filter((file) => !named.has(file))
          .map(
            (file): HtmlTagDescriptor => ({
              tag: "link",
              attrs: { rel: "modulepreload", crossorigin: true, href: `/${file}` },
              injectTo: "head",
            }),
          );
      },
    },
  };
}
