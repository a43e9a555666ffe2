import { Liquid, LiquidError, type Template } from 'liquidjs';
import { createFormatter, isFormat } from '../text/formats.ts';
import { escapeMarks } from '../text/inline.ts';

/** What liquidjs may use for one text. */
const LIMITS = { parseLimit: 100_000, memoryLimit: 10_000_000 };
/** Nothing of a template reaches a file, or another template. */
const LEFT_OUT = ['include', 'render', 'layout', 'block'];

/** Thrown where a text can't be read or filled; the message is the end of a public sentence. */
export class LiquidFault extends Error {
  /** The path of the value that is missing. */
  readonly missing: string | undefined;

  constructor(message: string, missing?: string, options?: ErrorOptions) {
    super(message, options);
    this.missing = missing;
  }
}

/** Whether marks count in a text, and the names that it may use: those of `names` come before those of `data`. */
export interface TextPlace {
  isMarked: boolean;
  scope: { names: object; data: object };
}

/** The texts of a template: each is parsed once, and filled as often as it is asked for. */
export interface Texts {
  /** Whether anything is to be filled in; without that it stands as it is. */
  isFilled(text: string): boolean;
  /** Reads a text. Throws LiquidFault. */
  parse(text: string, isMarked: boolean): void;
  /** Fills a text within so many milliseconds. Throws LiquidFault. */
  fill(text: string, place: TextPlace, limitMs: number): string;
}

/** What stands in a text for a value of the data. Throws for what is no text, number or flag. */
function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(toText).join('');
  if (typeof value === 'object') throw new Error('what is to be filled in is an object: name one of its values');
  return String(value);
}

function createEngine(locale: string, isMarked: boolean): Liquid {
  const engine = new Liquid({
    templates: {},
    outputEscape: isMarked ? (value) => escapeMarks(toText(value)) : toText,
    strictVariables: true,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    dynamicPartials: false,
    ...LIMITS,
  });
  for (const tag of LEFT_OUT) delete engine.tags[tag];
  engine.registerFilter('format', (value: unknown, format: unknown) => {
    if (typeof format !== 'string' || !isFormat(format))
      throw new Error(`"${String(format).slice(0, 50)}" is no format`);
    return createFormatter(format, locale)(value).text;
  });
  return engine;
}

/** liquidjs wraps the error of a limit, and of a filter, in one of its own. */
function toFault(thrown: unknown): LiquidFault {
  const inner = thrown instanceof LiquidError ? (thrown.originalError ?? thrown) : (thrown as Error);
  const line = /, line:(\d+)/.exec(String((thrown as Error)?.message))?.[1];
  const reason = String(inner?.message ?? thrown)
    .replace(/, (?:file|line):.*$/s, '')
    .slice(0, 200);
  const missing = /^undefined variable: (.+)$/.exec(reason)?.[1];
  return new LiquidFault(line === undefined || line === '1' ? reason : `${reason} (line ${line})`, missing, {
    cause: thrown,
  });
}

/** Makes the texts of a template whose values are written as a locale has them. */
export function createTexts(locale: string): Texts {
  const engines = { plain: createEngine(locale, false), marked: createEngine(locale, true) };
  const parsed = new Map<string, Template[]>();
  const parse = (text: string, isMarked: boolean): Template[] => {
    const key = `${isMarked ? 'm' : 'p'}${text}`;
    const read = parsed.get(key) ?? (isMarked ? engines.marked : engines.plain).parse(text);
    parsed.set(key, read);
    return read;
  };
  return {
    isFilled: (text) => text.includes('{{') || text.includes('{%'),
    parse(text, isMarked) {
      try {
        parse(text, isMarked);
      } catch (thrown) {
        throw toFault(thrown);
      }
    },
    fill(text, { isMarked, scope: { names, data } }, limitMs) {
      try {
        const engine = isMarked ? engines.marked : engines.plain;
        const options = { globals: data, renderLimit: Math.max(1, limitMs) };
        return engine.renderSync(parse(text, isMarked), names, options) as string;
      } catch (thrown) {
        throw toFault(thrown);
      }
    },
  };
}
