import { expect, it } from '@jest/globals';
import { createDateColumn } from '../../../workers/reports/data/values/date-column.ts';
import {
  createNumberEvidence,
  decideNumbers,
  readNumber,
  seeNumber,
} from '../../../workers/reports/data/values/number-evidence.ts';
import { loadFontStack } from '../../../workers/reports/fonts/font-stack.ts';
import { cleanText } from '../../../workers/reports/text/clean-text.ts';
import { toNumeric } from '../../../workers/reports/text/decimal.ts';
import { createFormatter } from '../../../workers/reports/text/formats.ts';

const LETTERS = Array.from('abcdefghijklmnopqrstuvwxyz');
const joined = (parts: string[]): string[] => parts.flatMap((part) => LETTERS.map((letter) => part + letter));

/** Every locale that Intl writes numbers in, in the form in which it names them itself. */
function listLocales(): string[] {
  const codes = [...joined(LETTERS), ...joined(joined(LETTERS))];
  const languages = codes.filter(
    (code) => Intl.NumberFormat.supportedLocalesOf(code).length > 0 && Intl.getCanonicalLocales(code)[0] === code,
  );
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  const regions = joined(LETTERS)
    .map((code) => code.toUpperCase())
    .filter((code) => names.of(code) !== undefined);
  const tags = languages.flatMap((language) => [language, ...regions.map((region) => `${language}-${region}`)]);
  return [...new Set(tags.map((tag) => new Intl.NumberFormat(tag).resolvedOptions().locale))];
}

const LOCALES = listLocales();
const print = (locale: string, spec: string, values: readonly string[]): string[] =>
  values.map((value) => createFormatter(spec, locale)(value).text);

/** Reads texts as one column; what can't be read is undefined. */
function readNumbers(locale: string, texts: string[]): (string | undefined)[] {
  const evidence = createNumberEvidence();
  for (const text of texts) seeNumber(evidence, text);
  const reading = decideNumbers(evidence, { locale, others: () => undefined });
  return texts.map((text) => {
    const number = readNumber(text, reading);
    return number && toNumeric(number);
  });
}

const AMOUNTS = ['1234567.89', '-1234.5', '0.25', '12345', '1000000000'];
/** Groups of two from the right; a dollar sign in the place of the decimal sign. */
const NUMBERS_APART = ['blo', 'blo-BJ', 'tok', 'tok-001'];
/** Words for currencies that nobody else has. */
const MONEY_APART = /^(?:bg|br|brx|ceb|kea-CV|nqo|pt-CV)(?:-|$)/;

it(`numbers and amounts in ${LOCALES.length} locales: read back to the same value`, () => {
  expect(LOCALES.length).toBeGreaterThan(700);
  for (const locale of LOCALES) {
    if (NUMBERS_APART.includes(locale)) continue;
    for (const spec of ['number:2', 'number', 'percent']) {
      const shown = print(locale, spec, AMOUNTS);
      const back = readNumbers(locale, shown).map(Number);
      expect([locale, spec, shown, back]).toEqual([locale, spec, shown, AMOUNTS.map(Number)]);
    }
    if (MONEY_APART.test(locale)) continue;
    for (const currency of ['EUR', 'USD', 'CHF']) {
      const shown = print(locale, `currency:${currency}`, AMOUNTS);
      expect([locale, shown, readNumbers(locale, shown).map(Number)]).toEqual([locale, shown, AMOUNTS.map(Number)]);
    }
  }
});

it('dates in all of them, whatever their calendar: read back to the same day', () => {
  const days = ['2026-10-05', '2026-01-31', '2024-02-29', '1999-12-31', '2031-06-18'];
  for (const locale of LOCALES) {
    const shown = print(locale, 'date', days);
    const column = createDateColumn(locale);
    for (const text of shown) column.see(text);
    column.decide();
    expect([locale, shown, shown.map((text) => column.read(text))]).toEqual([locale, shown, days]);
  }
});

it('what is printed in scripts of bundled fonts has its glyphs', () => {
  const { fontStack: fonts } = loadFontStack(['/nowhere'], 'en');
  const bundled = LOCALES.filter((locale) =>
    ['Latn', 'Grek', 'Cyrl', 'Hebr', 'Arab'].includes(new Intl.Locale(locale).maximize().script ?? ''),
  );
  expect(bundled.length).toBeGreaterThan(500);
  for (const locale of bundled) {
    const specs = ['number:2', 'percent', 'currency:EUR', 'currency:JPY', 'currency:NOK', 'bytes'];
    const texts = [
      ...specs.flatMap((spec) => print(locale, spec, AMOUNTS)),
      ...print(locale, 'date', ['2026-10-05', '2026-01-31', '2026-05-12', '2026-08-01']),
    ];
    const missing = texts.flatMap((text) => fonts.shape(cleanText(text), {}).filter(({ isMissing }) => isMissing));
    expect([locale, missing.map(({ text }) => text)]).toEqual([locale, []]);
  }
});
