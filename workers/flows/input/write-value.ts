import { escapeXml } from '../../../src/fields/escape-xml.ts';
import type { JobContract } from '../../../src/jobs/contract.ts';

/** Where a placeholder stands in its text. */
export interface TextPlace {
  at: number;
  length: number;
}

/** Writes a value into a text so that it is words there, and nothing else; or says what is wrong with it. */
export type WriteValue = (value: string, place: TextPlace) => string | { fault: string };

export const NAMES_SECRET = 'must not get { or } from the row, which could name a secret';

/** What the texts of an input's field are beyond words, by the name that the field has in the input. */
export const sortOf = (path: readonly (string | number)[], markup: JobContract['markup'] = {}) => {
  const [name] = path;
  return typeof name === 'string' && Object.hasOwn(markup, name) ? markup[name] : undefined;
};

/** A text that stands for an address by the name of its field, and is not the row's as a whole. */
export const isAddress = (path: readonly (string | number)[], text: string): boolean =>
  /^(?:url|\w+Url)$/.test(String(path.findLast((part) => typeof part === 'string') ?? '')) &&
  !/^\{\{[^{}]*\}\}$/.test(text.trim());

/** Makes what writes values into a text at a place of an input, from its beginning to its end. */
export function writerFor(
  path: readonly (string | number)[],
  { text, markup }: { text: string; markup: JobContract['markup'] },
): WriteValue {
  if (isAddress(path, text)) return writeAddress(text);
  const sort = sortOf(path, markup);
  if (sort === 'html') return writeHtml(text);
  if (sort === 'markdown') return escapeMarkdown;
  if (sort === 'secrets') return (value) => (/[{}]/.test(value) ? { fault: NAMES_SECRET } : value);
  return (value) => value;
}

/** An address up to the end of its host, whatever stands in braces there. */
const UP_TO_PATH = /^\s*[a-z][a-z0-9+.-]*:\/\/(?:\{\{[^{}]*\}\}|[^/?#])*/i;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/** A value is one part of the path or the query; of the host it is one name in front of those of the caller. */
function writeAddress(text: string): WriteValue {
  const host = UP_TO_PATH.exec(text)?.[0] ?? '';
  const lastName = /^[a-z0-9-]+$/i.exec(host.slice(host.lastIndexOf('.') + 1).replace(/:\d{1,5}$/, ''))?.[0] ?? '';
  const isOwn = host.includes('.') && /[a-z]/i.test(lastName);
  return (value, { at }) => {
    if (at >= host.length) return encodeURIComponent(value);
    if (!isOwn)
      return {
        fault: 'must not get the end of its host from the row; {{row.url}} alone may stand for a whole address',
      };
    return LABEL.test(value)
      ? value
      : { fault: 'must get one name of letters, digits and - from the row as a part of its host' };
  };
}

/** Whether an address leads out of its folder: there is no way to write a part of dots that does not. */
export const hasDots = (address: string): boolean =>
  /(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\]|$)/i.test(address.split(/[?#]/, 1)[0] ?? '');
export const DOTS = 'must not get . or .. from the row as a part of an address';

/** A mark of HTML that begins a tag, and not a sign that is less than something. */
const TAG = /[a-z/!?]/i;
const IN_ADDRESS = /\b(?:href|src|action|background)\s*=\s*["']\s*$/i;
const SAFE_ADDRESS = /^\s*(?:(?:https?|mailto|tel|cid):|[^:]*$)/i;

/** Where HTML stands: between tags, in one, or between quotes in one. */
type HtmlState = 'words' | 'tag' | '"' | "'";

function stateAfter(state: HtmlState, sign: string, next: string): HtmlState {
  if (state === 'words') return sign === '<' && TAG.test(next) ? 'tag' : 'words';
  if (state !== 'tag') return sign === state ? 'tag' : state;
  if (sign === '>') return 'words';
  return sign === '"' || sign === "'" ? sign : 'tag';
}

/** A value is words: between tags, or within the quotes of an attribute; an address that it begins is one to follow. */
function writeHtml(text: string): WriteValue {
  let position = 0;
  let state: HtmlState = 'words';
  const goTo = (end: number): void => {
    while (position < end) {
      const isComment = state === 'words' && text.startsWith('<!--', position);
      const close = isComment ? text.indexOf('-->', position) : position;
      state = isComment ? state : stateAfter(state, text[position] ?? '', text[position + 1] ?? '');
      position = close < 0 ? text.length : close + 1;
    }
  };
  return (value, { at, length }) => {
    goTo(at);
    // What stands in the braces is no HTML; a comment may go on behind them.
    position = Math.max(position, at + length);
    if (state === 'tag') return { fault: 'must have its value of the row in quotes, such as href="{{row.link}}"' };
    if (state !== 'words' && IN_ADDRESS.test(text.slice(Math.max(0, at - 40), at)) && !SAFE_ADDRESS.test(value))
      return { fault: 'must not get an address from the row that is none of https:, http:, mailto: or tel:' };
    return escapeXml(value);
  };
}

/** Every sign that Markdown could read as one of its own stands for itself; a value is one line. */
const escapeMarkdown = (value: string): string =>
  value
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .join(' ')
    .replaceAll(/[!-/:-@[-`{-~]/g, '\\$&');
