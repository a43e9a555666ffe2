import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A rectangle of a page in points, from its upper left corner. */
export interface Area {
  page: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** What can be clicked: where, what it says, and where it leads to. */
export interface Link extends Area {
  contents: string;
  uri?: string;
  /** The page and the height that it leads to. */
  target?: { page: number; top: number };
}

type Value = string | number | null | Value[] | { [key: string]: Value };
type Dictionary = Record<string, Value>;

const plain = (value: Value | undefined): string => String(value ?? '').replace(/^[ub]:/, '');

/** Reads the links of a PDF, page by page, in their order. */
export async function readLinks(pdf: string): Promise<Link[]> {
  const { stdout } = await run('qpdf', ['--json=2', '--json-key=qpdf', '--json-key=pages', pdf], { maxBuffer: 1e9 });
  const { qpdf, pages } = JSON.parse(stdout) as {
    qpdf: [unknown, Record<string, { value: Value }>];
    pages: { object: string }[];
  };
  const find = (value: Value | undefined): Value => {
    const isReference = typeof value === 'string' && /^\d+ \d+ R$/.test(value);
    return isReference ? find(qpdf[1][`obj:${value}`]?.value) : (value ?? null);
  };
  const entries = (value: Value | undefined): Dictionary => (find(value) ?? {}) as Dictionary;
  const heightOf = (page: string): number => Number((find(entries(page)['/MediaBox']) as number[])[3]);
  const numbers = new Map(pages.map(({ object }, index) => [object, index + 1]));
  return pages.flatMap(({ object }) => {
    const height = heightOf(object);
    const annotations = (find(entries(object)['/Annots']) ?? []) as Value[];
    return annotations.map((reference): Link => {
      const annotation = entries(reference);
      const [left = 0, bottom = 0, right = 0, top = 0] = find(annotation['/Rect']) as number[];
      const area = { page: numbers.get(object) ?? 0, left, top: height - top, right, bottom: height - bottom };
      const contents = plain(annotation['/Contents']);
      if (annotation['/A']) return { ...area, contents, uri: plain(entries(annotation['/A'])['/URI']) };
      const [page = null, , , y = 0] = find(annotation['/Dest']) as Value[];
      const target = { page: numbers.get(String(page)) ?? 0, top: heightOf(String(page)) - Number(y) };
      return { ...area, contents, target };
    });
  });
}

/** Reads where each word stands, as poppler finds them. */
export async function readWords(pdf: string): Promise<(Area & { text: string })[]> {
  const { stdout } = await run('pdftotext', ['-bbox', pdf, '-'], { maxBuffer: 1e9 });
  return stdout
    .split('<page ')
    .slice(1)
    .flatMap((part, index) =>
      Array.from(
        part.matchAll(/<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)<\/word>/g),
        ([, left, top, right, bottom, text = '']) => {
          const [l, t, r, b] = [left, top, right, bottom].map(Number);
          return { page: index + 1, left: l ?? 0, top: t ?? 0, right: r ?? 0, bottom: b ?? 0, text };
        },
      ),
    );
}
