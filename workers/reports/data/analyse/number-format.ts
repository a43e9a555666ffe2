import { minorDigits, writtenDigits } from '../../text/currency-digits.ts';
import { commonCurrencies, currencyToWrite } from '../values/currency-marks.ts';
import type { NumberEvidence } from '../values/number-evidence.ts';
import type { DecimalSign } from '../values/written-number.ts';

/** Most decimals that all numbers of a column are written with; with more, each has its own. */
const MOST_COMMON_DECIMALS = 4;
/** Most decimals that a format has. */
const MOST_SHOWN = 10;

const decimalsOf = (numbers: NumberEvidence, sign: DecimalSign): number =>
  sign === '.' ? numbers.pointDecimals : numbers.commaDecimals;

/** Whether all numbers of a column are percentages. */
const isPercent = ({ percents, numbers }: NumberEvidence): boolean => percents > 0 && percents === numbers;

/** The format of percentages with the decimals that they have; undefined for what is none. */
export function percentFormatOf(numbers: NumberEvidence, sign: DecimalSign): string | undefined {
  // A percentage is a number with two decimals more.
  return isPercent(numbers) ? `percent:${Math.max(0, decimalsOf(numbers, sign) - 2)}` : undefined;
}

/** The format of amounts in one currency: by its code where the marks tell it, else by the sign that they share. */
function currencyFormat(marks: readonly string[], decimals: number): string {
  const { currency, isSign } = currencyToWrite(marks) ?? {};
  if (currency === undefined || decimals > MOST_COMMON_DECIMALS) return 'written';
  const usual = minorDigits(currency);
  const shown = decimals === 0 ? 0 : Math.max(usual, decimals);
  if (isSign) return `sign:${currency}:${shown}`;
  // All of a column are written alike.
  return shown === usual && usual === writtenDigits(currency)
    ? `currency:${currency}`
    : `currency:${currency}:${shown}`;
}

/**
 * The format of a column of numbers: as many decimals as they have, with their percent sign or currency where all
 * have the same; `written`, which leaves each cell as it is, where some have another.
 */
export function numberFormatOf(numbers: NumberEvidence, sign: DecimalSign): string {
  const percent = percentFormatOf(numbers, sign);
  if (percent) return percent;
  const decimals = decimalsOf(numbers, sign);
  const { percents, currencies, bare } = numbers;
  if (percents > 0 || (currencies.size > 0 && bare > 0)) return 'written';
  if (currencies.size > 0) return currencyFormat([...currencies.values()], decimals);
  // A workbook's cells say how many are shown, whatever the numbers have.
  if (numbers.shown === numbers.numbers && decimals <= MOST_SHOWN) return `number:${decimals}`;
  if (decimals === 0) return 'number';
  return decimals <= MOST_COMMON_DECIMALS ? `number:${Math.max(2, decimals)}` : 'exact';
}

/** What the numbers of a column count that can't be added up, as the end of a sentence; none where they can. */
export function mixedUnitsOf(numbers: NumberEvidence, format: string | undefined): string[] {
  const { percents, bare } = numbers;
  const marks = [...numbers.currencies.values()];
  const named = marks.map((mark) => `"${mark}"`).join(', ');
  const common = commonCurrencies(marks);
  const [, asked] = /^currency:([A-Z]{3})/.exec(format ?? '') ?? [];
  return [
    ...(percents > 0 && bare > 0
      ? [
          `${percents.toLocaleString('en')} percentages beside ${bare.toLocaleString('en')} other numbers (25 % is 0.25, and 25 is 25)`,
        ]
      : []),
    ...(percents > 0 && marks.length > 0 ? [`percentages beside amounts in ${named}`] : []),
    ...(marks.length > 0 && (common.length === 0 || (asked && !common.includes(asked))) ? [`amounts in ${named}`] : []),
  ];
}
