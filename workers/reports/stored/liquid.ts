import type { Liquid, Template } from 'liquidjs';
import { createLiquid, toFault, UnfitValue } from '../../../src/liquid/liquid.ts';
import { isFormat } from '../text/formats.ts';
import { escapeMarks } from '../text/inline.ts';
import { createValuePrinter, type ValueWriting } from './print-value.ts';

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

/** The name of the value that a filter stands behind, where nothing is between them. */
const NAMED = /(?:\{\{-?|=|echo)\s*([\w-]+(?:\.[\w-]+)*)\s*\|?\s*$/;
/** Longer names are none of these. */
const MOST_BEFORE = 2500;

function createEngine(writing: ValueWriting, isMarked: boolean): Liquid {
  const engine = createLiquid({ ...(isMarked && { escapeValue: escapeMarks }), timeZone: writing.timeZone });
  const print = createValuePrinter(writing);
  engine.registerFilter('format', function (value: unknown, format: unknown) {
    if (typeof format !== 'string' || !isFormat(format))
      throw new Error(`"${String(format).slice(0, 50)}" is no format`);
    const printed = print(value, format);
    if ('text' in printed) return printed.text;
    const { input, begin } = this.token;
    const before = input.slice(Math.max(0, begin - MOST_BEFORE), begin);
    throw new UnfitValue(`must be ${printed.wanted}, since it is printed as "${format}"`, NAMED.exec(before)?.[1]);
  });
  return engine;
}

/** Makes the texts of a template whose values are written as a locale has them. */
export function createTexts(writing: ValueWriting): Texts {
  const engines = { plain: createEngine(writing, false), marked: createEngine(writing, true) };
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
