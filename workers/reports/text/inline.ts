/** A stretch of text in one style. */
export interface Run {
  text: string;
  bold?: boolean;
  italic?: boolean;
  /** Letters of one width, for what is typed. */
  code?: boolean;
  /** A part of a heading, which may have a font of its own. */
  heading?: boolean;
  /** Small, below or above the line. */
  shift?: 'sub' | 'sup';
  /** Where a click on it leads: an absolute http, https or mailto address in ASCII. */
  link?: string;
  /** Its embedding level (UAX 9), where a paragraph has more than one direction: odd is right-to-left. */
  level?: number;
}

type MarkText = '*' | '**' | '~' | '^';

interface Mark {
  mark: MarkText;
  /** Whether a character that is no space follows it, or stands before it. */
  opens: boolean;
  closes: boolean;
  paired: boolean;
}

type Token = string | Mark | { label: string; link: string } | { code: string };

// The lengths are bounded, so that a text of nothing but brackets is read in linear time.
const TOKEN = /\\([\\*[\]`~^])|`([^`\n]{1,500})`|(\*\*|\*|\^|(?<!~)~(?!~))|\[([^\][]{1,500})\]\(([^\s()]{1,2000})\)/g;

/** Writes a text so that none of it is a mark, whatever stands in it. */
export const escapeMarks = (text: string): string => text.replaceAll(/[\\*[\]`~^]/g, '\\$&');

function toAddress(link: string): string | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url && ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : undefined;
}

function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    const [all, escaped, code, mark, label, target] = match;
    tokens.push(source.slice(end, match.index));
    end = match.index + all.length;
    const link = target === undefined ? undefined : toAddress(target);
    if (mark) {
      const opens = /^\S/.test(source.slice(end, end + 1));
      const closes = /\S$/.test(source.slice(Math.max(0, match.index - 1), match.index));
      tokens.push({ mark: mark as Mark['mark'], opens, closes, paired: false });
    } else if (code !== undefined) tokens.push({ code });
    else if (label && link) tokens.push({ label, link });
    else tokens.push(escaped ?? all);
  }
  tokens.push(source.slice(end));
  return tokens;
}

/** Within these is no space: `~5 to ~10` has no partner. */
const SPACELESS = ['~', '^'] as const;

/** Marks find their partner: each sort is a switch of its own, so that `***both***` needs no nesting. */
function pairMarks(tokens: Token[]): void {
  const open: Partial<Record<MarkText, { mark: Mark; hasText: boolean }>> = {};
  for (const token of tokens) {
    if (typeof token === 'string' || !('mark' in token)) {
      if (typeof token === 'string' && /\s/.test(token)) for (const mark of SPACELESS) delete open[mark];
      // Around nothing at all there is no bold and no italic: `****` is four stars.
      if (token !== '') for (const opened of Object.values(open)) opened.hasText = true;
      continue;
    }
    const partner = open[token.mark];
    if (partner && token.closes) {
      partner.mark.paired = partner.hasText;
      token.paired = partner.hasText;
      delete open[token.mark];
    } else if (token.opens && !partner) open[token.mark] = { mark: token, hasText: false };
  }
}

type Style = Pick<Run, 'bold' | 'italic' | 'shift'>;

const SHIFTS = { '~': 'sub', '^': 'sup' } as const;

/** The style behind a mark: what it begins, or what is left where it ends. */
function switchStyle({ bold, italic, shift, ...rest }: Style, mark: MarkText): Style {
  if (mark === '**')
    return { ...rest, ...(!bold && { bold: true }), ...(italic && { italic }), ...(shift && { shift }) };
  if (mark === '*')
    return { ...rest, ...(bold && { bold }), ...(!italic && { italic: true }), ...(shift && { shift }) };
  const own = SHIFTS[mark];
  return { ...rest, ...(bold && { bold }), ...(italic && { italic }), ...(shift !== own && { shift: own }) };
}

/**
 * Reads `**bold**`, `*italic*`, `H~2~O`, `x^2^`, `` `code` `` and `[label](https://...)`; a backslash takes a mark and
 * itself literally, but not in code. What has no partner, or leads anywhere but http, https and mailto, is printed as it
 * was written.
 */
export function parseInline(source: string): Run[] {
  const tokens = readTokens(source);
  pairMarks(tokens);
  const runs: Run[] = [];
  let style: Style = {};
  const add = (text: string, own: Pick<Run, 'link' | 'code'> = {}) => {
    if (text) runs.push({ text, ...style, ...own });
  };
  for (const token of tokens) {
    if (typeof token === 'string') add(token);
    else if ('link' in token) add(token.label, { link: token.link });
    else if ('code' in token) add(token.code, { code: true });
    else if (!token.paired) add(token.mark);
    else style = switchStyle(style, token.mark);
  }
  return joinRuns(runs);
}

/** Whether two runs look alike and lead to the same place. */
export const isSameStyle = (one: Run, other: Run): boolean =>
  one.bold === other.bold &&
  one.italic === other.italic &&
  one.code === other.code &&
  one.heading === other.heading &&
  one.shift === other.shift &&
  one.link === other.link &&
  one.level === other.level;

function joinRuns(runs: Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last && isSameStyle(last, run)) last.text += run.text;
    else joined.push({ ...run });
  }
  return joined;
}

/** Parts a text into its paragraphs: between them is an empty line, or several. */
export const splitParagraphs = (text: string): string[] => text.replaceAll('\r\n', '\n').split(/\n[ \t]*\n\s*/);
