import { wordsOf } from '../../../../views/assets/docs/find.js';
import { ERROR_CODES } from '../../../errors.ts';
import { excerptOf } from '../../../manual/excerpt.ts';
import type { Manual, RenderedPage } from '../../../manual/manual.ts';
import type { TagView } from './describe-document.ts';
import type { FieldView } from './describe-fields.ts';
import { ERROR_HELP } from './error-help.ts';

/** One thing that can be found. */
export interface SearchEntry {
  title: string;
  /** The page that it belongs to. */
  place: string;
  /** Below the product's own root. */
  path: string;
  /** How it begins. */
  excerpt: string;
  /** The words that it is found by, beside those of title and place. */
  words: string;
}

/** Fields of fields of fields: deeper ones are found by their texts. */
const FIELD_DEPTH = 2;

/** Makes the entries of all pages, operations, fields and codes, in the order in which equals are shown. */
export function createSearchIndex(tags: readonly TagView[], { groups, pages }: Manual): SearchEntry[] {
  const titles = new Map(groups.flatMap((group) => group.pages.map(({ name, title }) => [name, title])));
  const placeOf = ({ name, title, whole }: RenderedPage) => titles.get(whole?.name ?? name) ?? title;
  const sections = [...pages.values()].flatMap((page) =>
    page.sections.map(({ anchor, ...rest }) => {
      const path = `/docs/${page.name}${anchor === '' ? '' : `#${anchor}`}`;
      return { title: rest.title, place: placeOf(page), path, excerpt: rest.excerpt, words: rest.words };
    }),
  );
  const codes = Object.entries(ERROR_HELP).map(([code, { means, mend }]) => {
    const { title, status } = ERROR_CODES[code as keyof typeof ERROR_CODES];
    const text = `${title} (${status}). ${means} ${mend}`;
    return entry({ title: code, place: `Errors, ${status}`, path: `/docs/errors#${code}`, text });
  });
  const text = 'Each code, what it means and what to do about it.';
  const table = entry({ title: 'Error codes', place: 'Errors', path: '/docs/errors', text });
  // What all kinds share is found once, where it is first.
  const seen = new Set<string>();
  return [...sections, ...tags.flatMap((tag) => enterTag(tag, seen)), table, ...codes];
}

function enterTag({ slug, operations }: TagView, seen: Set<string>): SearchEntry[] {
  return operations.flatMap(({ id, method, path, summary, description, body, parameters }) => {
    const title = `${method} ${path}`;
    const to = `/docs/api/${slug}#${id}`;
    const own = entry({ title, place: summary, path: to, text: `${id} ${description ?? ''}` });
    return [own, ...enterFields([...parameters, ...(body?.fields ?? [])], { place: title, path: to, seen })];
  });
}

/** Fields that no operation before has with the same words. */
function enterFields(
  fields: readonly FieldView[],
  at: { place: string; path: string; seen: Set<string> },
  depth = 0,
): SearchEntry[] {
  return fields.flatMap(({ name, description, limits, parts, choices }) => {
    const { place, path, seen } = at;
    const key = `${name} ${description}`;
    const isNew = name !== '' && !seen.has(key);
    seen.add(key);
    const own = isNew ? [entry({ title: name, place, path, text: `${description} ${limits.join(' ')}` })] : [];
    const inner = [...parts, ...choices.flatMap((choice) => choice.parts)];
    return depth < FIELD_DEPTH ? [...own, ...enterFields(inner, at, depth + 1)] : own;
  });
}

function entry({ text, ...rest }: Omit<SearchEntry, 'excerpt' | 'words'> & { text: string }): SearchEntry {
  const line = text.replaceAll('`', '').trim();
  return { ...rest, excerpt: excerptOf(line), words: wordsOf(line).join(' ') };
}
