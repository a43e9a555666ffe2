/** Where a mail address may be: the sign, as it stands or as a URL writes it. */
const AT = /@|%40/g;
/** What no local part has unless it is quoted, and what ends one in a log line or an address of the web. */
const BEFORE = /[\s"'<>()[\]\\,;:/=?&]/;
const DOMAIN = /[\p{L}\p{N}._-]*\p{L}[\p{L}\p{N}_-]*/uy;
/** RFC 5321, 4.5.3.1.1, in the longest writing of a URL. */
const LONGEST_LOCAL = 200;
/** The id of a job, which stands before the sign in a message id. */
const JOB_ID = /^[a-z]{3}_[0-9a-z]{26}$/;

/** The text of an upload token: its beginning stays, which says what it was. */
const TOKEN = /(\btok_)[\w-]{4,}/g;

/** Masks the texts of upload tokens in a text. */
export const maskTokens = (text: string): string => (text.includes('tok_') ? text.replaceAll(TOKEN, '$1***') : text);

/** Masks what no log may have: mail addresses, and the texts of upload tokens. Takes time in proportion to the text. */
export const maskSecrets = (text: string): string => maskTokens(maskAddresses(text));

/**
 * Masks the mail addresses in a text: `kari.nordmann@example.no` becomes `k***@example.no`. Message ids that are made of
 * a job's id stay. Takes time in proportion to the text.
 */
export function maskAddresses(text: string): string {
  let masked = '';
  let from = 0;
  for (const { 0: sign, index } of text.matchAll(AT)) {
    if (index < from) continue;
    DOMAIN.lastIndex = index + sign.length;
    if (!DOMAIN.test(text)) continue;
    const start = findStart(text, index, from);
    const local = text.slice(start, index);
    if (local === '' || JOB_ID.test(local)) continue;
    masked += `${text.slice(from, start)}${[...local.slice(0, 2)][0]}***`;
    from = index;
  }
  return from === 0 ? text : masked + text.slice(from);
}

/** Where the local part before the sign begins; in a quoted one (`"a b"@`) behind the quote. */
function findStart(text: string, index: number, from: number): number {
  const first = Math.max(from, index - LONGEST_LOCAL);
  const isQuoted = text[index - 1] === '"';
  let start = isQuoted ? index - 1 : index;
  while (start > first && (isQuoted ? text[start - 1] !== '"' : !BEFORE.test(text[start - 1] as string))) start -= 1;
  return start;
}
