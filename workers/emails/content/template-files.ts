import { readdirSync, readFileSync } from 'node:fs';

/** The templates: `<name>.subject.liquid`, `<name>.html.liquid`, `<name>.text.liquid`; `_…` are parts of several. */
const FOLDER = new URL('../../../views/emails/', import.meta.url);
const PART = /^([a-z0-9][a-z0-9-]{0,63})\.(subject|html|text)\.liquid$/;

/** The sources of all templates, by file name without `.liquid`. */
export type TemplateSources = Readonly<Record<string, string>>;

/** Finds which parts each template has, by its name. A subject alone is no template. */
export function findTemplates(names: readonly string[] = readdirSync(FOLDER)): ReadonlyMap<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const file of names) {
    const [, name = '', part = ''] = PART.exec(file) ?? [];
    if (name) found.set(name, (found.get(name) ?? new Set()).add(part));
  }
  return new Map([...found].filter(([, parts]) => parts.has('html') || parts.has('text')));
}

/** The layout that every mail of ours stands in, markdown too. */
export const LAYOUT = '_frame';

/** Reads all templates; they are part of the program and do not change while it runs. */
export function readTemplates(folder: URL = FOLDER): TemplateSources {
  const files = readdirSync(folder).filter((file) => file.endsWith('.liquid'));
  const sourceOf = (file: string) => readFileSync(new URL(file, folder), 'utf8');
  return Object.fromEntries(files.map((file) => [file.slice(0, -'.liquid'.length), sourceOf(file)]));
}
