import { parentPort } from 'node:worker_threads';
import { BrokenOff, loadInlineCss } from './inline-css.ts';
import { type ContentSource, type MailContent, renderContent } from './render-content.ts';
import { readTemplates } from './template-files.ts';
import { createTemplates, TemplateError } from './templates.ts';

/**
 * What the thread tells: that it has started, and then of each source the content, or the public sentence that says why
 * there is none (errors lose their class between threads), or what was thrown for a fault of ours. With `isSpent` the thread
 * is of no more use.
 */
export type ThreadMessage =
  | { ready: true }
  | { content: MailContent }
  | { refused: string; isSpent: boolean }
  | { fault: unknown };

const templates = createTemplates(readTemplates());

async function makeContent(source: ContentSource): Promise<ThreadMessage> {
  try {
    const inlineCss = source.inlineCss ? await loadInlineCss() : undefined;
    return { content: renderContent(source, templates, inlineCss) };
  } catch (error) {
    if (!(error instanceof TemplateError)) return { fault: error };
    return { refused: error.message, isSpent: error instanceof BrokenOff };
  }
}

const tell = (message: ThreadMessage) => parentPort?.postMessage(message);
parentPort?.on('message', async (source: ContentSource) => tell(await makeContent(source)));
tell({ ready: true });
