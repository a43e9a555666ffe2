import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { tokenize } from '../html.ts';
import { limitMemory } from './limit-memory.ts';
import { TemplateError } from './templates.ts';

const PACKAGE = '@css-inline/css-inline-wasm';
/** Most characters of HTML that has its styles in its elements; twice what may be posted. */
const MAX_LENGTH = 2_000_000;
/** What the library may take: a long declaration in many elements comes to gigabytes. */
const MEMORY_BYTES = 128_000_000;
/** Style sheets stay, for what no element can say: media queries, hovering. None is fetched. */
const OPTIONS = { loadRemoteStylesheets: false, keepStyleTags: true, keepLinkTags: true };

/** Writes what the style sheets of HTML say into its elements. Throws TemplateError. */
export type InlineCss = (html: string) => string;

/** Thrown where the library broke off: it is in no state to be used again. */
export class BrokenOff extends TemplateError {}

let loaded: Promise<InlineCss> | undefined;

/** Loads the library, once. It is WebAssembly, so that the thread can be ended in the middle of its work. */
export function loadInlineCss(): Promise<InlineCss> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<InlineCss> {
  const { initWasm, inline } = await import('@css-inline/css-inline-wasm');
  const bytes = await readFile(fileURLToPath(import.meta.resolve(`${PACKAGE}/index_bg.wasm`)));
  // Its types know only the older way, of which it warns.
  await initWasm({ module_or_path: limitMemory(bytes, MEMORY_BYTES) } as unknown as Parameters<typeof initWasm>[0]);
  return (html) => {
    if (!/<style\b/i.test(html)) return html;
    const source = writeConditions(html);
    const inlined = run(() => inline(source, OPTIONS));
    if (inlined.length <= MAX_LENGTH) return inlined;
    throw new TemplateError(`The HTML has more than ${MAX_LENGTH} characters with its styles in its elements.`);
  };
}

/**
 * Writes what is for all but Outlook (`<![if !mso]>`) as comments of the form that a parser leaves alone: it would make others of
 * them, which say nothing to Outlook.
 */
function writeConditions(html: string): string {
  const made: string[] = [];
  let place = 0;
  const write = (start: number, end: number) => {
    const said = html.slice(start, end);
    const isIf = /^\[if [^\]]{1,200}\]$/i.test(said);
    if (!isIf && !/^\[endif\]$/i.test(said)) return;
    made.push(html.slice(place, start - '<!'.length), isIf ? `<!--${said}><!-->` : `<!--<!${said}-->`);
    place = end + '>'.length;
  };
  if (html.includes('<![')) tokenize(html, { ondeclaration: write });
  return made.join('') + html.slice(place);
}

function run(work: () => string): string {
  try {
    return work();
  } catch (cause) {
    const isTrap = cause instanceof WebAssembly.RuntimeError;
    const why = isTrap
      ? 'that takes too much memory, or its elements are nested too deeply'
      : String(cause).slice(0, 200);
    const message = `The styles of the HTML can not be written into its elements: ${why}.`;
    throw new (isTrap ? BrokenOff : TemplateError)(message, { cause });
  }
}
