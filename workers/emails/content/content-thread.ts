import { type ContentSource, type MailContent, renderContent } from './render-content.ts';
import { readTemplates } from './template-files.ts';
import { createTemplates, TemplateError } from './templates.ts';

/** The content, or the public sentence that says why there is none: errors lose their class between threads. */
export type ContentAnswer = { content: MailContent } | { refused: string };

const templates = createTemplates(readTemplates());

/** Runs in a thread of the pool: makes the content of one mail. */
export default function makeContent(source: ContentSource): ContentAnswer {
  try {
    return { content: renderContent(source, templates) };
  } catch (error) {
    if (error instanceof TemplateError) return { refused: error.message };
    throw error;
  }
}
