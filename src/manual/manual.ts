import { Worker } from 'node:worker_threads';

/** What stands below one of a page's headings, to be found by. */
export interface ManualSection {
  /** '' for what stands at the top of the page. */
  anchor: string;
  title: string;
  /** How it begins. */
  excerpt: string;
  /** All its words, each once. */
  words: string;
}

/** A page as it is shown: a file, or a part of a long one. */
export interface RenderedPage {
  /** Below `/docs/`: `images`, `images/sizes`. */
  name: string;
  title: string;
  /** The page that this one is a part of: its name and title. */
  whole: { name: string; title: string } | null;
  /** The pages that the file's other parts have. */
  parts: { name: string; title: string }[];
  /** Headings below the first: where they lead, and what they say. */
  headings: { anchor: string; title: string }[];
  html: string;
  sections: ManualSection[];
}

/** The manual as it is shown: its files in their groups, those left out that are not there. */
export interface Manual {
  groups: { title: string; pages: { name: string; title: string }[] }[];
  /** By name, in the order in which they are read. */
  pages: Map<string, RenderedPage>;
}

/** What the manual is made for. */
export interface ManualSite {
  /** The address that others see, without a slash. */
  url: string;
  /** Its path, or ''. */
  path: string;
}

const HEAP_MB = 64;

/**
 * Reads the manual: the first call has it rendered, in a thread that ends with it, since the library takes time and memory
 * that the web process has better uses for. Rejects where that fails, and the next call tries again.
 */
export function openManual(site: ManualSite): () => Promise<Manual> {
  let made: Promise<Manual> | undefined;
  return () => {
    made ??= render(site).catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

function render(site: ManualSite): Promise<Manual> {
  const { promise, resolve, reject } = Promise.withResolvers<Manual>();
  const thread = new Worker(new URL('./thread.ts', import.meta.url), {
    workerData: site,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  thread.once('message', resolve);
  thread.once('error', reject);
  thread.once('exit', (code) => reject(new Error(`the thread that renders the manual has ended with ${code}`)));
  return promise;
}
