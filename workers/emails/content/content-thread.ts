import { parentPort } from 'node:worker_threads';
import { type ContentSource, type MailContent, renderContent } from './render-content.ts';
import { readTemplates } from './template-files.ts';
import { createTemplates, TemplateError } from './templates.ts';

/**
 * What the thread tells: that it has started, and then of each source the content, or the public sentence that says why
 * there is none (errors lose their class between threads), or what was thrown for a fault of ours.
 */
export type ThreadMessage = { ready: true } | { content: MailContent } | { refused: string } | { fault: unknown };

const templates = createTemplates(readTemplates());

function makeContent(source: ContentSource): ThreadMessage {
  try {
    return { content: renderContent(source, templates) };
  } catch (error) {
    return error instanceof TemplateError ? { refused: error.message } : { fault: error };
  }
}

const tell = (message: ThreadMessage) => parentPort?.postMessage(message);
parentPort?.on('message', (source: ContentSource) => tell(makeContent(source)));
tell({ ready: true });
