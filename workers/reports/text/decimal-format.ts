import { type Decimal, toNumeric } from './decimal.ts';

/** Where the digits of a number stand among what else is written: `texts` has one more than there are stretches of digits. */
interface Template {
  texts: string[];
  digits: number[];
}

/** Longer numbers are left to Intl: there are few of them, and templates are kept. */
const MOST_DIGITS = 20;

/** Asks Intl how a number of so many digits is written; undefined where digits are not those of ASCII. */
function askTemplate(format: Intl.NumberFormat, isNegative: boolean, whole: number, decimals: number) {
  const fraction = decimals > 0 ? `.${'1'.repeat(decimals)}` : '';
  const number = `${isNegative ? '-' : ''}${'1'.repeat(whole)}${fraction}` as Intl.StringNumericLiteral;
  const template: Template = { texts: [''], digits: [] };
  for (const { type, value } of format.formatToParts(number)) {
    if (type === 'integer' || type === 'fraction') {
      template.digits.push(value.length);
      template.texts.push('');
      if (/[^1]/.test(value)) return undefined;
    } else template.texts[template.texts.length - 1] += value;
  }
  const count = template.digits.reduce((sum, length) => sum + length, 0);
  return count === whole + decimals ? template : undefined;
}

/**
 * Creates what writes exact numbers as Intl does, in a fifth of its time: Intl is asked once where the digits stand in
 * numbers of a length, and writes itself what has to be rounded or has other digits than those of ASCII.
 */
export function createDecimalFormat(locale: string, options: Intl.NumberFormatOptions): (value: Decimal) => string {
  const format = new Intl.NumberFormat(locale, options);
  const {
    style,
    notation,
    minimumFractionDigits: least = 0,
    maximumFractionDigits: most = 0,
  } = format.resolvedOptions();
  const isPlain = (style === 'decimal' || style === 'currency') && notation === 'standard';
  const templates = new Map<number, Template | undefined>();
  const templateFor = (isNegative: boolean, whole: number, decimals: number): Template | undefined => {
    const key = (whole * MOST_DIGITS + decimals) * 2 + Number(isNegative);
    let template = templates.get(key);
    if (template === undefined && !templates.has(key)) {
      template = askTemplate(format, isNegative, whole, decimals);
      templates.set(key, template);
    }
    return template;
  };
  return (value) => {
    const { digits, scale } = value;
    if (!isPlain || scale > most || scale >= MOST_DIGITS || least >= MOST_DIGITS)
      return format.format(toNumeric(value));
    const isNegative = digits < 0n;
    let text = String(isNegative ? -digits : digits).padStart(scale + 1, '0');
    const whole = text.length - scale;
    let decimals = scale;
    while (decimals > least && text.charCodeAt(whole + decimals - 1) === 0x30) decimals -= 1;
    if (decimals < least) {
      text = text.padEnd(whole + least, '0');
      decimals = least;
    }
    const template = whole < MOST_DIGITS ? templateFor(isNegative, whole, decimals) : undefined;
    if (!template) return format.format(toNumeric(value));
    let [written = ''] = template.texts;
    let at = 0;
    for (let index = 0; index < template.digits.length; index += 1) {
      const end = at + (template.digits[index] ?? 0);
      written += text.slice(at, end) + template.texts[index + 1];
      at = end;
    }
    return written;
  };
}
