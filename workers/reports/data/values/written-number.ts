import { type Decimal, parseDecimal } from '../../text/decimal.ts';
import { currenciesOf } from './currency-marks.ts';
import { plainDigits } from './digits.ts';

/** The sign before the decimals. */
export type DecimalSign = '.' | ',';

/** A number as people write it: its digits with their marks, and what stood around them. */
export interface WrittenNumber {
  /** Digits, points, commas, spaces and apostrophes. */
  core: string;
  isNegative: boolean;
  /** Power of ten: of an E notation, and -2 of a percentage. */
  exponent: number;
  /** `%`, or the currency's mark. */
  unit: string;
  /** Whether it began with a plus. */
  hasPlus: boolean;
  /** Whether it is in E notation. */
  hasPower?: boolean;
}

/** Longer texts are no numbers. */
const MOST_CHARACTERS = 450;
/** Digits, and perhaps decimals behind a point: nothing of it has to be taken apart. */
export const PLAIN = /^-?\d{1,40}(?:\.\d{1,40})?$/;
const MINUS = String.raw`\-\u2010-\u2015\u2212\u02d7`;
const LEAD_SIGN = new RegExp(`^[+${MINUS}] ?`);
const TRAIL_SIGN = new RegExp(` ?[+${MINUS}]$`);
/** `5,-`: no smaller coins. */
const NO_COINS = new RegExp(`([.,])[${MINUS}]{1,2}$`);
const LEAD_WORD = /^(\p{L}{0,4}\.?\p{Sc}|\p{Sc} ?\p{L}{2,3}|\p{L}\.\p{L}\.?|\p{L}{1,4}\.?)\s*(?=[^\p{L}\s])/u;
const TRAIL_WORD = /\s*(\p{Sc} ?\p{L}{2,3}|\p{L}{0,3}\.?\p{Sc}|\p{L}\.\p{L}\.?|\p{L}{1,4}\.?)$/u;
const CORE = /^(?=.*\d)[\d.,' ]+$/;
const PERCENT: Record<string, number> = { '%': -2, '٪': -2, '‰': -3 };

/** What is taken off a text from its ends, step by step. */
class Peeler {
  rest: string;
  signs = 0;
  isNegative = false;
  hasPlus = false;
  unit = '';
  exponent = 0;

  constructor(text: string) {
    this.rest = text;
  }

  /** Takes off one thing; false where nothing is left to take off, or it comes twice. */
  peel(): boolean {
    return this.#peelBrackets() || this.#peelSign() || this.#peelPercent() || this.#peelCurrency();
  }

  #peelBrackets(): boolean {
    if (this.signs > 0 || !/^\(.*\)$/.test(this.rest)) return false;
    this.rest = this.rest.slice(1, -1).trim();
    this.signs += 1;
    this.isNegative = true;
    return true;
  }

  #peelSign(): boolean {
    if (this.signs > 0) return false;
    for (const sign of [LEAD_SIGN, TRAIL_SIGN]) {
      const [match] = sign.exec(this.rest) ?? [];
      if (!match) continue;
      this.rest = this.rest.replace(sign, '');
      this.signs += 1;
      this.hasPlus = match.trim() === '+';
      this.isNegative = !this.hasPlus;
      return true;
    }
    return false;
  }

  #peelPercent(): boolean {
    const last = this.rest.at(-1) ?? '';
    const first = this.rest[0] ?? '';
    const mark = last in PERCENT ? last : first;
    if (this.unit !== '' || !(mark in PERCENT)) return false;
    this.rest = (mark === last ? this.rest.slice(0, -1) : this.rest.slice(1)).trim();
    this.unit = '%';
    this.exponent = PERCENT[mark] ?? 0;
    return true;
  }

  #peelCurrency(): boolean {
    if (this.unit !== '') return false;
    for (const word of [LEAD_WORD, TRAIL_WORD]) {
      const [, mark = ''] = word.exec(this.rest) ?? [];
      if (currenciesOf(mark).length === 0) continue;
      this.rest = this.rest.replace(word, '');
      this.unit = mark;
      return true;
    }
    return false;
  }
}

/** A dash beside a currency, as spreadsheets write no money: `kr -`, `$ -`, `- €`. */
const NOTHING = new RegExp(String.raw`^(\S{0,6}?)\s*[${MINUS}]{1,2}\s*(\S{0,6})$`, 'u');

function readNothing(text: string): WrittenNumber | undefined {
  const [, before = '', after = ''] = text.length > 20 ? [] : (NOTHING.exec(text.trim()) ?? []);
  const unit = before || after;
  if ((before && after) || currenciesOf(unit).length === 0) return undefined;
  return { core: '0', isNegative: false, exponent: 0, unit, hasPlus: false };
}

/**
 * Takes a text apart that may be a number: accounting brackets, signs before and behind, currencies, percent, E
 * notation, digits of any script. Returns undefined for what can be no number.
 */
export function takeApart(text: string): WrittenNumber | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  if (PLAIN.test(text)) {
    const isNegative = text.startsWith('-');
    return { core: isNegative ? text.slice(1) : text, isNegative, exponent: 0, unit: '', hasPlus: false };
  }
  if (!/\p{Nd}/u.test(text)) return readNothing(text);
  const start = plainDigits(text)
    .replace(/[’‘´`\u02bc٬]/g, "'")
    .replaceAll('،', ',')
    .replace(/\s+/g, ' ');
  const peeler = new Peeler(start);
  for (;;) {
    const coins = NO_COINS.exec(peeler.rest);
    if (coins) peeler.rest = peeler.rest.replace(NO_COINS, `${coins[1]}00`);
    if (!peeler.peel()) break;
  }
  const [, core = peeler.rest, power] = /^(.*\d)[eE]([+-]?\d{1,3})$/.exec(peeler.rest) ?? [];
  // Without a decimal sign and a sign of the exponent it is a code: 12E4, 1e5.
  if (power !== undefined && /^\d+e\d+$/i.test(peeler.rest)) return undefined;
  const { isNegative, unit, hasPlus } = peeler;
  // The Arabic decimal sign is nothing else.
  const written = core.includes('٫') ? core.replaceAll(/[.,]/g, "'").replace('٫', '.') : core;
  if (!CORE.test(written)) return undefined;
  const hasPower = power !== undefined;
  return { core: written, isNegative, exponent: Number(power ?? 0) + peeler.exponent, unit, hasPlus, hasPower };
}

const BARE_POWER = /^(\d)e(\d{1,3})$/i;

/** Takes apart what is a code by itself, and a number in a column of E notation: `2e10`. Returns undefined for others. */
export function takePower(text: string): WrittenNumber | undefined {
  const [, core, power] = text.length > 5 ? [] : (BARE_POWER.exec(text) ?? []);
  if (core === undefined) return undefined;
  return { core, isNegative: false, exponent: Number(power), unit: '', hasPlus: false, hasPower: true };
}

/** Groups of three behind the first, or of two before a last three as in India. */
function isGrouped(groups: readonly string[]): boolean {
  const [first = '', ...others] = groups;
  const last = others.pop() ?? '';
  if (first === '' || first.length > 3 || first.startsWith('0') || last.length !== 3) return false;
  const isIndian = others.length > 0 && first.length <= 2 && others.every(({ length }) => length === 2);
  return isIndian || others.every(({ length }) => length === 3);
}

/** The digits before the decimals without the marks between their groups; undefined where they are no such digits. */
function ungroup(whole: string, sign: DecimalSign): string | undefined {
  if (/^\d*$/.test(whole)) return whole;
  const mark = /\D/.exec(whole)?.[0] ?? '';
  const groups = whole.split(mark);
  if (mark === sign || !groups.every((group) => /^\d+$/.test(group)) || !isGrouped(groups)) return undefined;
  return groups.join('');
}

/** The digits of a number whose decimals follow `sign`, as JSON has them; undefined where it can't be read so. */
export function digitsBy(core: string, sign: DecimalSign): string | undefined {
  const at = core.indexOf(sign);
  if (at < 0) return ungroup(core, sign);
  const whole = ungroup(core.slice(0, at), sign);
  const decimals = core.slice(at + 1);
  return whole === undefined || !/^\d+$/.test(decimals) ? undefined : `${whole}.${decimals}`;
}

/** The value of a number whose decimals follow `sign`; undefined where it can't be read so. */
export function readWritten({ core, isNegative, exponent }: WrittenNumber, sign: DecimalSign): Decimal | undefined {
  const digits = digitsBy(core, sign);
  if (digits === undefined) return undefined;
  return parseDecimal(`${isNegative ? '-' : ''}${digits}${exponent === 0 ? '' : `e${exponent}`}`);
}
