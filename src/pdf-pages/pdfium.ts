import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { PDFiumLibrary } from '@hyzyla/pdfium';

/** The most memory that pdfium may take, its file and picture included. */
const MAX_BYTES = 300_000_000;

type Library = Awaited<ReturnType<typeof PDFiumLibrary.init>>;

/** What pdfium asks of its surroundings: whether its memory may grow to so many bytes. */
interface Surroundings {
  env: { emscripten_resize_heap(bytes: number): unknown };
}

const SILENT = { print: () => {}, printErr: () => {} };

let loaded: Promise<Library> | undefined;

/** Loads pdfium, which takes half a second, once a thread. Its memory grows to a limit. */
export function openPdfium(): Promise<Library> {
  loaded ??= load();
  return loaded;
}

/** Forgets pdfium after it has failed inside itself: the next one begins anew. */
export function dropPdfium(): void {
  loaded = undefined;
}

async function load(): Promise<Library> {
  const { PDFiumLibrary, PDFiumModule } = await import('@hyzyla/pdfium');
  const binary = readFileSync(createRequire(import.meta.url).resolve('@hyzyla/pdfium/pdfium.wasm'));
  return PDFiumLibrary.initBase({
    // What it says of a file that it gives up is no line of a worker's: its error tells.
    vendor: (options) => PDFiumModule({ ...options, ...SILENT }),
    instantiateWasm(imports, begin) {
      const { env } = imports as unknown as Surroundings;
      const grow = env.emscripten_resize_heap;
      env.emscripten_resize_heap = (bytes) => (bytes > MAX_BYTES ? 0 : grow(bytes));
      const instance = new WebAssembly.Instance(new WebAssembly.Module(binary), imports);
      // Its types say that a module is handed over.
      begin(instance as unknown as WebAssembly.Module);
      return instance.exports;
    },
  });
}
