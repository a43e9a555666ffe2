import { z } from 'zod';
import { flagField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import { MAX_TEXT } from './fields.ts';

/** Most items of a list, those of the lists inside it included. */
const MAX_ITEMS = 5000;
/** How deep lists stand inside one another. */
const MAX_DEPTH = 4;

/** An item of a list: its text, and perhaps a list below it. */
export type ListItem = string | { text: string; ordered: boolean; items: ListItem[] };

const SENTENCE = `must be a text of 1 to ${MAX_TEXT.toLocaleString('en')} characters, or {"text", "items"}`;

/** Says what is wrong inside an item that has items of its own; for all else, what an item may be. */
function itemMessage(issue: { input?: unknown; errors?: z.core.$ZodIssue[][] }): string {
  if (typeof issue.input !== 'object' || issue.input === null) return SENTENCE;
  const [, inner = []] = issue.errors ?? [];
  const [first] = inner.filter(({ path }) => path.length > 0);
  return first ? `must have "${first.path.join('/')}" right: it ${first.message}` : SENTENCE;
}

function itemField(depth: number): z.ZodType<ListItem> {
  const text = textField(MAX_TEXT);
  if (depth === 1) return text;
  const items = listField(itemField(depth - 1), 1, MAX_ITEMS);
  const nested = objectField({ text, ordered: flagField.default(false), items });
  return z.union([text, nested], { error: itemMessage });
}

const countItems = (items: readonly ListItem[]): number =>
  items.reduce((sum, item) => sum + 1 + (typeof item === 'string' ? 0 : countItems(item.items)), 0);

/** A list, with lists below its items. */
export const listBlock = objectField({
  type: z.literal('list'),
  ordered: flagField.default(false),
  items: listField(itemField(MAX_DEPTH), 1, MAX_ITEMS),
}).superRefine(({ items }, context) => {
  if (countItems(items) <= MAX_ITEMS) return;
  const message = `must have at most ${MAX_ITEMS.toLocaleString('en')} items, those of lists inside it included`;
  context.addIssue({ code: 'custom', message, path: ['items'] });
});
