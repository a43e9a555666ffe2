import { createMarkdown, type Token, textOf } from './markdown.ts';
import type { ManualPage } from './pages.ts';
import { createSlugger } from './slug.ts';

/** A heading of a file. */
export interface Heading {
  /** Its place among the tokens. */
  at: number;
  level: number;
  anchor: string;
  title: string;
}

/** A part of a file that is a page: the whole, or for a long one, what stands below one heading of the second level. */
export interface FilePart {
  /** Below `/docs/`. */
  name: string;
  title: string;
  tokens: Token[];
  headings: Heading[];
}

/** A file of the manual, read. */
export interface ManualFile {
  name: string;
  /** In the repository. */
  file: string;
  parts: FilePart[];
  /** The page that has the heading with that anchor. */
  pageOf: Map<string, string>;
}

/** A longer file is a page for each of its headings of the second level. */
const LONG = 16_000;
const markdown = createMarkdown();

/** Reads what the file of a page has, and parts it where it is long. Its headings get their anchors. */
export function readFile({ name, file }: ManualPage, source: string): ManualFile {
  const tokens = markdown.parse(source, {});
  const headings = nameHeadings(tokens);
  const title = headings[0]?.title ?? name;
  const second = headings.filter(({ level }) => level === 2);
  const cuts = source.length > LONG && second.length > 2 ? second : [];
  const parts = [undefined, ...cuts].map((cut, index): FilePart => {
    const [from, to] = [cut?.at ?? 0, cuts[index]?.at ?? tokens.length];
    return {
      name: cut ? `${name}/${cut.anchor}` : name,
      title: cut?.title ?? title,
      tokens: tokens.slice(from, to),
      headings: headings.filter(({ at }) => at >= from && at < to).map((one) => ({ ...one, at: one.at - from })),
    };
  });
  const pageOf = parts.flatMap((part) => part.headings.map(({ anchor }): [string, string] => [anchor, part.name]));
  return { name, file, parts, pageOf: new Map(pageOf) };
}

function nameHeadings(tokens: Token[]): Heading[] {
  const slug = createSlugger();
  return tokens.flatMap((token, at) => {
    if (token.type !== 'heading_open') return [];
    const title = textOf(tokens[at + 1]);
    const anchor = slug(title);
    token.attrSet('id', anchor);
    return [{ at, level: Number(token.tag.slice(1)), anchor, title }];
  });
}
