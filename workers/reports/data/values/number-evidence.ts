import { type Decimal, isDecimal, parseDecimal, toDecimal, toNumeric } from '../../text/decimal.ts';
import { currenciesOf } from './currency-marks.ts';
import { isEmpty, isNothing } from './empty.ts';
import { sheetNumber } from './sheet-value.ts';
import {
  type DecimalSign,
  digitsBy,
  PLAIN,
  readWritten,
  takeApart,
  takePower,
  type WrittenNumber,
} from './written-number.ts';

/** What the numbers of a column have shown so far: counts of what speaks for each reading, and a sample of each. */
export interface NumberEvidence {
  /** Cells that aren't empty, and those of them that are numbers in one reading at least. */
  cells: number;
  numbers: number;
  /** Cells whose words mean nothing: `N/A`. */
  nothings: number;
  /** Numbers in E notation, and cells that are one where most numbers are: `2e10`. */
  powers: number;
  barePowers: number;
  /** Numbers that are one with a decimal point alone, with a decimal comma alone, and differently with both. */
  point: number;
  comma: number;
  either: number;
  pointSample: string;
  commaSample: string;
  eitherSample: string;
  /** Most decimals by each reading. */
  pointDecimals: number;
  commaDecimals: number;
  percents: number;
  /** Marks of currencies beside numbers, by what they can mean, at most MOST_UNITS. */
  currencies: Map<string, string>;
  /** Numbers without a unit. */
  bare: number;
  /** Numbers of a workbook whose cells say how many decimals are shown. */
  shown: number;
  /** What tells codes from amounts: see `code-column.ts`. */
  digits: DigitEvidence;
}

/** How the digits of a column look. */
export interface DigitEvidence {
  /** Whether every number is digits alone, without sign, marks, unit or decimals. */
  isPlain: boolean;
  /** Whether every number is one without decimals, sign and unit in one reading at least. */
  isWhole: boolean;
  /** Whether every number has the form of an IPv4 address. */
  isAddress: boolean;
  /** Whether one begins with a zero that a number would not have. */
  hasLeadingZero: boolean;
  hasPlus: boolean;
  longest: number;
  /** Whether all lie where years do. */
  isYears: boolean;
}

const MOST_UNITS = 5;
const SAMPLE = 40;
const PLAIN_INTEGER = /^-?\d{1,40}$/;
const INTEGER = /^\d{1,400}$/;
const SIMPLE = /^-?(\d{1,300})\.(\d{1,300})$/;

/** Creates the evidence of a column that no cell was seen of. */
export const createNumberEvidence = (): NumberEvidence => ({
  cells: 0,
  numbers: 0,
  nothings: 0,
  powers: 0,
  barePowers: 0,
  point: 0,
  comma: 0,
  either: 0,
  pointSample: '',
  commaSample: '',
  eitherSample: '',
  pointDecimals: 0,
  commaDecimals: 0,
  percents: 0,
  currencies: new Map(),
  bare: 0,
  shown: 0,
  digits: {
    isPlain: true,
    isWhole: true,
    isAddress: true,
    hasLeadingZero: false,
    hasPlus: false,
    longest: 0,
    isYears: true,
  },
});

/** Takes note of a cell. An empty one says nothing. */
export function seeNumber(evidence: NumberEvidence, value: unknown): void {
  if (isEmpty(value)) return;
  evidence.cells += 1;
  if (typeof value === 'string') seeText(evidence, value);
  else seeJson(evidence, value);
}

function seeText(evidence: NumberEvidence, value: string): void {
  if (INTEGER.test(value)) {
    evidence.numbers += 1;
    evidence.bare += 1;
    seeDigits(evidence.digits, value);
    return;
  }
  const [, whole = '', decimals = ''] = SIMPLE.exec(value) ?? [];
  if (decimals !== '' && (decimals.length !== 3 || whole.length > 3 || whole.startsWith('0'))) {
    seeFraction(evidence.digits);
    evidence.numbers += 1;
    evidence.bare += 1;
    seePoint(evidence, value, decimals.length);
    return;
  }
  const written = takeApart(value);
  if (written) seeWritten(evidence, value, written);
  else if (takePower(value)) evidence.barePowers += 1;
  else if (isNothing(value)) evidence.nothings += 1;
}

function seeJson(evidence: NumberEvidence, value: unknown): void {
  const number = toDecimal(value);
  if (!number) return;
  const { unit = '', decimals: shown, isAmount = false } = sheetNumber(number);
  const decimals = shown === undefined ? number.scale : shown + (unit === '%' ? 2 : 0);
  evidence.numbers += 1;
  if (shown !== undefined) evidence.shown += 1;
  seeUnit(evidence, unit);
  evidence.pointDecimals = Math.max(evidence.pointDecimals, decimals);
  evidence.commaDecimals = Math.max(evidence.commaDecimals, decimals);
  if (number.scale === 0 && number.digits >= 0n && !isAmount) seeDigits(evidence.digits, String(number.digits));
  else seeFraction(evidence.digits);
}

function seeFraction(digits: DigitEvidence): void {
  digits.isPlain = false;
  digits.isWhole = false;
  digits.isAddress = false;
}

function seeDigits(digits: DigitEvidence, text: string): void {
  digits.isAddress = false;
  if (text.length > 1 && text.startsWith('0')) digits.hasLeadingZero = true;
  if (text.length > digits.longest) digits.longest = text.length;
  if (text.length !== 4 || text < '1900' || text > '2100') digits.isYears = false;
}

function seePoint(evidence: NumberEvidence, value: string, decimals: number): void {
  if (evidence.point === 0) evidence.pointSample = value.slice(0, SAMPLE);
  evidence.point += 1;
  if (decimals > evidence.pointDecimals) evidence.pointDecimals = decimals;
}

const decimalsOf = (digits = '', exponent: number): number => {
  const at = digits.indexOf('.');
  return Math.max(0, (at < 0 ? 0 : digits.length - at - 1) - exponent);
};

function seeWritten(evidence: NumberEvidence, value: string, written: WrittenNumber): void {
  const { core, exponent, unit, hasPower } = written;
  const [byPoint, byComma] = [digitsBy(core, '.'), digitsBy(core, ',')];
  if (byPoint === undefined && byComma === undefined) return;
  evidence.numbers += 1;
  if (hasPower) evidence.powers += 1;
  seeUnit(evidence, unit);
  seeForm(evidence.digits, written, byPoint, byComma);
  if (byPoint !== undefined && byComma !== undefined) seeBoth(evidence, value, byPoint !== byComma);
  else if (byPoint !== undefined) seePoint(evidence, value, 0);
  else seeComma(evidence, value);
  evidence.pointDecimals = Math.max(evidence.pointDecimals, decimalsOf(byPoint, exponent));
  evidence.commaDecimals = Math.max(evidence.commaDecimals, decimalsOf(byComma, exponent));
}

const ADDRESS = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const isAddress = (core: string): boolean => ADDRESS.test(core) && core.split('.').every((part) => Number(part) < 256);

function seeForm(digits: DigitEvidence, written: WrittenNumber, byPoint = '.', byComma = '.'): void {
  const { core, exponent, unit, hasPlus, isNegative } = written;
  if (isNegative || unit !== '' || exponent !== 0 || (byPoint.includes('.') && byComma.includes('.'))) {
    seeFraction(digits);
  } else if (INTEGER.test(core)) {
    if (hasPlus) digits.hasPlus = true;
    seeDigits(digits, core);
  } else {
    digits.isPlain = false;
    digits.isAddress &&= isAddress(core);
  }
}

function seeComma(evidence: NumberEvidence, value: string): void {
  if (evidence.comma === 0) evidence.commaSample = value.slice(0, SAMPLE);
  evidence.comma += 1;
}

function seeBoth(evidence: NumberEvidence, value: string, isDifferent: boolean): void {
  if (!isDifferent) return;
  if (evidence.either === 0) evidence.eitherSample = value.slice(0, SAMPLE);
  evidence.either += 1;
}

function seeUnit(evidence: NumberEvidence, unit: string): void {
  if (unit === '%') evidence.percents += 1;
  else if (unit === '') evidence.bare += 1;
  else if (evidence.currencies.size < MOST_UNITS) {
    const meaning = currenciesOf(unit).join();
    if (!evidence.currencies.has(meaning)) evidence.currencies.set(meaning, unit);
  }
}

/** How the numbers of a column are read, and what there is to say of that. */
export interface NumberReading {
  sign: DecimalSign;
  /** Whether a caller has named the sign: then what the other alone allows is no number. */
  isNamed: boolean;
  /** Whether `2e10` is a number. */
  hasPowers?: boolean;
  doubt?: NumberDoubt;
}

/** Why a reading may not be what was meant: all cells fit both, or some fit the one alone and some the other. */
export interface NumberDoubt {
  what: 'either' | 'mixed';
  sample: string;
  point: string;
  comma: string;
  /** Whether the other columns of the file decided. */
  isByOthers?: boolean;
}

/** The decimal sign that a locale writes. */
export function signOf(locale: string): DecimalSign {
  const parts = new Intl.NumberFormat(locale).formatToParts(1.5);
  return parts.some(({ type, value }) => type === 'decimal' && (value === ',' || value === '٫')) ? ',' : '.';
}

/** What decides where a column's own cells don't. */
export interface NumberSetting {
  locale: string;
  /** The sign that the request names. */
  decimal?: DecimalSign | undefined;
  /** Returns the sign that the other columns of the file have. */
  others(): DecimalSign | undefined;
}

const hasPowers = ({ powers, barePowers, numbers }: NumberEvidence): boolean => barePowers > 0 && powers * 2 > numbers;

/** How many cells of a column are numbers. */
export const countNumbers = (evidence: NumberEvidence): number =>
  evidence.numbers + (hasPowers(evidence) ? evidence.barePowers : 0);

/**
 * Decides how a column's numbers are read: as the request says; else by the cells that fit one reading alone; else by
 * the file's other columns, and last by the locale, with a doubt where that makes a difference.
 */
export const decideNumbers = (evidence: NumberEvidence, setting: NumberSetting): NumberReading => ({
  ...decideSign(evidence, setting),
  hasPowers: hasPowers(evidence),
});

function decideSign(evidence: NumberEvidence, setting: NumberSetting): NumberReading {
  if (setting.decimal) return { sign: setting.decimal, isNamed: true };
  const { point, comma, either, eitherSample, pointSample, commaSample } = evidence;
  if (point > 0 && comma === 0) return { sign: '.', isNamed: false };
  if (comma > 0 && point === 0) return { sign: ',', isNamed: false };
  if (point + comma + either === 0) return { sign: signOf(setting.locale), isNamed: false };
  const others = setting.others();
  const fallback = others ?? signOf(setting.locale);
  if (point > 0 && comma > 0) {
    const sign = point === comma ? fallback : point > comma ? '.' : ',';
    const sample = eitherSample;
    return { sign, isNamed: false, doubt: { what: 'mixed', sample, point: pointSample, comma: commaSample } };
  }
  const written = takeApart(eitherSample);
  const show = (sign: DecimalSign): string => {
    const number = written && readWritten(written, sign);
    return number ? toNumeric(number) : '';
  };
  return {
    sign: fallback,
    isNamed: false,
    doubt: {
      what: 'either',
      sample: eitherSample,
      point: show('.'),
      comma: show(','),
      isByOthers: others !== undefined,
    },
  };
}

/** The sign that some columns show and none contradicts; undefined where they are silent, or at odds. */
export function commonSign(columns: Iterable<NumberEvidence>): DecimalSign | undefined {
  let [point, comma] = [false, false];
  for (const evidence of columns) {
    if (evidence.point > 0) point = true;
    if (evidence.comma > 0) comma = true;
  }
  if (point === comma) return undefined;
  return point ? '.' : ',';
}

/** Reads a cell's value as a number; undefined where it is none. */
export function readNumber(value: unknown, { sign, isNamed, hasPowers = false }: NumberReading): Decimal | undefined {
  if (typeof value !== 'string') return typeof value === 'number' || isDecimal(value) ? toDecimal(value) : undefined;
  // Most cells: nothing of them has to be taken apart.
  if (sign === '.' ? PLAIN.test(value) : PLAIN_INTEGER.test(value)) return parseDecimal(value);
  const written = takeApart(value) ?? (hasPowers ? takePower(value) : undefined);
  if (!written) return undefined;
  const own = readWritten(written, sign);
  if (own || isNamed) return own;
  return readWritten(written, sign === '.' ? ',' : '.');
}
