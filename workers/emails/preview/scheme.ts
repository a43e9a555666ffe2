import { tokenize } from '../html.ts';

/** How a reader wants pages to look. */
export const SCHEMES = ['light', 'dark'] as const;
export type Scheme = (typeof SCHEMES)[number];

const QUERY = /\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/gi;
const OFFERED = /(color-scheme\s*:\s*)(?:only\s+)?(?:light|dark)(?:\s+(?:light|dark))+/gi;
/** A condition of a style that always holds, and one that never does. */
const ALWAYS = '(min-width: 0)';
const NEVER = '(max-width: 0)';

/** Makes HTML look as to a reader who wants that scheme, whatever the browser's own is: its styles are asked nothing. */
export function inScheme(html: string, scheme: Scheme): string {
  const made: string[] = [];
  let place = 0;
  let element = '';
  let attribute = '';
  const change = (start: number, end: number) => {
    made.push(html.slice(place, start), decide(html.slice(start, end), scheme));
    place = end;
  };
  tokenize(html, {
    onopentagname(start, end) {
      element = html.slice(start, end).toLowerCase();
    },
    onclosetag() {
      element = '';
    },
    onattribname(start, end) {
      attribute = html.slice(start, end).toLowerCase();
    },
    onattribdata(start, end) {
      if (attribute === 'media' || attribute === 'style') change(start, end);
    },
    ontext(start, end) {
      if (element === 'style') change(start, end);
    },
  });
  return made.join('') + html.slice(place);
}

const decide = (style: string, scheme: Scheme): string =>
  style
    .replace(QUERY, (_query, wanted: string) => (wanted.toLowerCase() === scheme ? ALWAYS : NEVER))
    .replace(OFFERED, (_all, property: string) => `${property}${scheme}`);
