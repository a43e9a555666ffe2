import { encodeWord, quoteString } from 'nodemailer/lib/mime-funcs';

/** What a line of a header may have; no longer word can be folded. */
const LINE_LENGTH = 76;
/** RFC 2047, 2: an encoded word has at most 75 characters; with the longest name of ours before it, a line. */
const ENCODED_LENGTH = 52;
/** RFC 5322, 3.2.3. */
const ATOMS = /^[\w!#$%&'*+/=?^`{|}~.-]+(?: [\w!#$%&'*+/=?^`{|}~.-]+)*$/;
const NON_ASCII = /[^\x20-\x7e]/;
const LETTERS = /[a-z]/gi;

/** Encodes text as words of RFC 2047, by letters where it has more of them than of other signs. */
function encode(text: string): string {
  const letters = text.match(LETTERS)?.length ?? 0;
  return encodeWord(text, letters * 2 > text.length ? 'Q' : 'B', ENCODED_LENGTH);
}

/** Writes a phrase (RFC 5322, 3.2.5): as it is, quoted, or encoded. */
function toPhrase(text: string): string {
  const unquoted = /^"(?:[^"\\]|\\.)*"$/u.test(text) ? text.slice(1, -1).replace(/\\(.)/gu, '$1') : text;
  const spaced = unquoted.replace(/\s+/g, ' ');
  if (NON_ASCII.test(spaced) || spaced.includes('=?') || spaced.length >= LINE_LENGTH) return encode(spaced);
  return ATOMS.test(spaced) ? spaced : quoteString(spaced);
}

/**
 * Writes a subject so that it comes back as it was and no line is too long: what folding would change (spaces in a row)
 * or can not fold (long words) is encoded like what is not ASCII.
 */
export function writeSubject(text: string): string {
  const isLong = text.split(' ').some((word) => word.length >= LINE_LENGTH);
  return isLong || NON_ASCII.test(text) || /^ | {2}| $|=\?/.test(text) ? encode(text) : text;
}

/** Writes a value for programs, which do not decode all that they read: as it is, where that can be sent. */
const toPlain = (text: string): string =>
  NON_ASCII.test(text) ? encode(text) : text.trim().replace(/ {40,}/g, (run) => run.slice(0, 40));

/** Writes a List-Id (RFC 2919): the name before the id may have any letters, the id is plain ASCII. */
function toListId(text: string): string {
  const [, name = '', id = text] = /^([^<]*)<([^<>]*)>$/.exec(text.trim()) ?? [];
  const listId = `<${id.trim()}>`;
  return name.trim() === '' ? listId : `${toPhrase(name.trim())} ${listId}`;
}

/** Writes Keywords: phrases with commas between them, of which none is in quotes. */
function toKeywords(text: string): string {
  const phrases = text.match(/(?:"(?:[^"\\]|\\.)*"|[^,"]|")+/gu) ?? [];
  return phrases
    .map((phrase) => phrase.trim())
    .filter((phrase) => phrase !== '')
    .map(toPhrase)
    .join(', ');
}

/** The ids of messages in a text, each in its angle brackets. */
export const readMessageIds = (text: string): string[] =>
  text
    .replaceAll('>', '> ')
    .split(/[\s,]+/)
    .map((id) => id.replace(/^<|>$/g, ''))
    .filter((id) => id !== '')
    .map((id) => `<${id}>`);

/** What `References` has at most; longer ones are refused by mail servers that keep headers small. */
const MAX_REFERENCES_LENGTH = 8000;

/** Writes References: where there are too many for a header, the first, which began the thread, and the last of them. */
function toReferences(text: string): string {
  const [first = '', ...rest] = readMessageIds(text);
  let length = first.length;
  const last: string[] = [];
  for (const id of rest.toReversed()) {
    length += id.length + 1;
    if (length > MAX_REFERENCES_LENGTH) break;
    last.unshift(id);
  }
  return [first, ...last].join(' ');
}

const WRITERS: Partial<Record<string, (text: string) => string>> = {
  'list-id': toListId,
  keywords: toKeywords,
  references: toReferences,
  'in-reply-to': (text) => readMessageIds(text).join(' '),
};

/** Writes the value of a header by the grammar of that header; it has no line ends, and can be folded at its spaces. */
export const writeHeader = (name: string, value: string): string => (WRITERS[name.toLowerCase()] ?? toPlain)(value);
