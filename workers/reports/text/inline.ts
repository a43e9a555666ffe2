/** A stretch of text in one style. */
export interface Run {
  text: string;
  bold?: boolean;
  italic?: boolean;
  /** Where a click on it leads: an absolute http, https or mailto address in ASCII. */
  link?: string;
  /** Its embedding level (UAX 9), where a paragraph has more than one direction: odd is right-to-left. */
  level?: number;
}

interface Mark {
  mark: '*' | '**';
  /** Whether a character that is no space follows it, or stands before it. */
  opens: boolean;
  closes: boolean;
  paired: boolean;
}

type Token = string | Mark | { label: string; link: string };

// The lengths are bounded, so that a text of nothing but brackets is read in linear time.
const TOKEN = /\\([\\*[\]])|(\*\*|\*)|\[([^\][]{1,500})\]\(([^\s()]{1,2000})\)/g;

/** Writes a text so that none of it is a mark, whatever stands in it. */
export const escapeMarks = (text: string): string => text.replaceAll(/[\\*[\]]/g, '\\$&');

function toAddress(link: string): string | undefined {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  return url && ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : undefined;
}

function readTokens(source: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    const [all, escaped, mark, label, target] = match;
    tokens.push(source.slice(end, match.index));
    end = match.index + all.length;
    const link = target === undefined ? undefined : toAddress(target);
    if (mark) {
      const opens = /^\S/.test(source.slice(end, end + 1));
      const closes = /\S$/.test(source.slice(Math.max(0, match.index - 1), match.index));
      tokens.push({ mark: mark as Mark['mark'], opens, closes, paired: false });
    } else if (label && link) tokens.push({ label, link });
    else tokens.push(escaped ?? all);
  }
  tokens.push(source.slice(end));
  return tokens;
}

/** Marks find their partner: `**` and `*` are switches of their own, so `***both***` needs no nesting. */
function pairMarks(tokens: Token[]): void {
  const open: Partial<Record<Mark['mark'], { mark: Mark; hasText: boolean }>> = {};
  for (const token of tokens) {
    if (typeof token === 'string' || !('mark' in token)) {
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

/**
 * Reads `**bold**`, `*italic*` and `[label](https://...)`; a backslash takes `*`, `[`, `]` and itself literally.
 * What has no partner, or leads anywhere but http, https and mailto, is printed as it was written.
 */
export function parseInline(source: string): Run[] {
  const tokens = readTokens(source);
  pairMarks(tokens);
  const runs: Run[] = [];
  let bold = false;
  let italic = false;
  const add = (text: string, link?: string) => {
    if (text) runs.push({ text, ...(bold && { bold }), ...(italic && { italic }), ...(link && { link }) });
  };
  for (const token of tokens) {
    if (typeof token === 'string') add(token);
    else if ('link' in token) add(token.label, token.link);
    else if (!token.paired) add(token.mark);
    else if (token.mark === '**') bold = !bold;
    else italic = !italic;
  }
  return joinRuns(runs);
}

function joinRuns(runs: Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last && last.bold === run.bold && last.italic === run.italic && last.link === run.link) last.text += run.text;
    else joined.push({ ...run });
  }
  return joined;
}

/** Parts a text into its paragraphs: between them is an empty line, or several. */
export const splitParagraphs = (text: string): string[] => text.replaceAll('\r\n', '\n').split(/\n[ \t]*\n\s*/);
