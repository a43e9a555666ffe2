import { describe, expect, it } from '@jest/globals';
import { createDateColumn } from '../../../../workers/reports/data/values/date-column.ts';
import { createPatternReader, isDatePattern } from '../../../../workers/reports/data/values/date-pattern.ts';
import { readDateNumber, readWrittenDate } from '../../../../workers/reports/data/values/written-date.ts';
import { readWritten, takeApart } from '../../../../workers/reports/data/values/written-number.ts';
import { toNumeric } from '../../../../workers/reports/text/decimal.ts';

/** A text read with a decimal point, and with a comma. */
function readBoth(text: string): (string | undefined)[] {
  const written = takeApart(text);
  return (['.', ','] as const).map((sign) => {
    const number = written && readWritten(written, sign);
    return number && toNumeric(number);
  });
}

describe('numbers as people write them', () => {
  it.each([
    ['5', '5'],
    ['(5)', '-5'],
    ['5-', '-5'],
    ['5 -', '-5'],
    ['- 5', '-5'],
    ['–5', '-5'],
    ['\u22125', '-5'],
    ['+5', '5'],
    ['$5', '5'],
    ['5 kr', '5'],
    ['kr 5', '5'],
    ['kr -5', '-5'],
    ['USD 5', '5'],
    ['NOK5', '5'],
    ['US$5', '5'],
    ['5 $US', '5'],
    ['5 $\u00a0CA', '5'],
    ['$US 5', '5'],
    ['𑄹𑄺', '34'],
    ['5Kč', '5'],
    ['-$5', '-5'],
    ['$-5', '-5'],
    ['($5)', '-5'],
    ['$(5)', '-5'],
    ['25%', '0.25'],
    ['25 %', '0.25'],
    ['%25', '0.25'],
    ['-5 %', '-0.05'],
    ['٪٢٥', '0.25'],
    ['5 ‰', '0.005'],
    ['1e+3', '1000'],
    ['1 234', '1234'],
    ['1\u2009234', '1234'],
    ['1\u202f234\u202f567', '1234567'],
    ['1’234', '1234'],
    ['५००', '500'],
    ['１２３', '123'],
    ['9007199254740993', '9007199254740993'],
    ['kr -', '0'],
    ['$-', '0'],
    ['–\u00a0€', '0'],
    ['NOK --', '0'],
    ['٥ ر.س.\u200f', '5'],
    ['د.إ.\u200f 5', '5'],
  ])('%s: is %s, whatever the decimal sign is', (text, value) => {
    expect(readBoth(text)).toEqual([value, value]);
  });

  it.each([
    ['€5.00', '5.00', undefined],
    ['1.5E+03', '1500', undefined],
    ['1,5E+03', undefined, '1500'],
    ['12,34,567.50', '1234567.50', undefined],
    ['₹1,00,000', '100000', undefined],
    ['1’234.50', '1234.50', undefined],
    ['1 234,567', undefined, '1234.567'],
    ['1.234,50', undefined, '1234.50'],
    ['1.234.567', undefined, '1234567'],
    ['1,234,567', '1234567', undefined],
    ['(1,234.50)', '-1234.50', undefined],
    ['1.234,-', undefined, '1234.00'],
    ['CHF 5.–', '5.00', undefined],
    ['.5', '0.5', undefined],
    ['0,123', undefined, '0.123'],
    ['1,234', '1234', '1.234'],
    ['1.234', '1.234', '1234'],
    ['¥1,000', '1000', '1.000'],
    ['１２３．５', '123.5', undefined],
    ['١٬٢٣٤٫٥٦', '1234.56', undefined],
  ])('%s: is %s with a point, %s with a comma', (text, point, comma) => {
    expect(readBoth(text)).toEqual([point, comma]);
  });

  it.each([
    '',
    '-',
    'a -',
    '$ - $',
    'kr',
    'N/A',
    '?',
    '1:30',
    '10²',
    '31.10.2026',
    '5.',
    '12 Mo',
    '5 m',
    '10.0.0.1',
    '+47 12345678',
    '1--2',
    '(-5)',
    '12e',
    '1e3',
    '12E456',
    '1.2E456',
    '1.2E-456',
    'x5',
    '0x10',
    '1 2',
  ])('"%s": is no number', (text) => expect(readBoth(text)).toEqual([undefined, undefined]));
});

describe('dates as people write them', () => {
  it.each([
    ['2026-10-31', '2026-10-31'],
    ['2026-10-5', '2026-10-05'],
    ['2026/10/31', '2026-10-31'],
    ['20261031', '2026-10-31'],
    ['31.10.2026', '2026-10-31'],
    ['31.10.26', '2026-10-31'],
    ['31/10/2026', '2026-10-31'],
    ['10/31/2026', '2026-10-31'],
    ['31-Oct-26', '2026-10-31'],
    ['Oct 31, 2026', '2026-10-31'],
    ['Saturday, October 31, 2026', '2026-10-31'],
    ['1. okt. 2026', '2026-10-01'],
    ['3. Oktober 2026', '2026-10-03'],
    ['31 octobre 2026', '2026-10-31'],
    ['31 de octubre de 2026', '2026-10-31'],
    ['31 paź 2026', '2026-10-31'],
    ['2026年10月31日', '2026-10-31'],
    ['2026. 10. 31.', '2026-10-31'],
    ['٢٠٢٦/١٠/٣١', '2026-10-31'],
    ['2026-10-31T14:30:05Z', '2026-10-31T14:30:05'],
    ['2026-10-31 14:30', '2026-10-31T14:30:00'],
    ['10/31/26 2:30 PM', '2026-10-31T14:30:00'],
    ['31.10.2026 14.30', '2026-10-31T14:30:00'],
  ])('%s: is %s', (text, iso) => {
    const date = readWrittenDate(text, 'nb-NO');
    expect(date?.DMY ?? date?.MDY).toBe(iso);
  });

  it.each(['2026-02-30', 'soon', '1.2.3', '2026-10-05T25:00', '13/13/2026', '2026', '10:30', '31 Foo 2026'])(
    '"%s": is no date',
    (text) => expect(readWrittenDate(text, 'en')).toBeUndefined(),
  );

  it.each([
    [46326, '2026-10-31'],
    [46326.5, '2026-10-31T12:00:00'],
    [20_261_031, '2026-10-31'],
    [1_793_404_800, '2026-10-31'],
    [1_793_404_800_000, '2026-10-31'],
    [5, undefined],
    [2026, undefined],
    [-1, undefined],
  ])('the number %d: is %s by its size', (number, iso) => {
    expect(readDateNumber(number)).toBe(iso);
  });

  it.each([
    ['DD.MM.YYYY', '31.10.2026', '2026-10-31'],
    ['MM/DD/YYYY', '05/06/2026', '2026-05-06'],
    ['YYYYMMDD', '20261031', '2026-10-31'],
    ['DDMMYY', '311026', '2026-10-31'],
    ['D MMM YYYY HH:mm', '3 okt. 2026 14:30', '2026-10-03T14:30:00'],
    ['DD.MM.YYYY', '10/31/2026', undefined],
  ])('by the pattern %s, %s: is %s', (pattern, text, iso) => {
    expect(isDatePattern(pattern)).toBe(true);
    expect(createPatternReader(pattern, 'nb')(text)).toBe(iso);
  });

  it.each(['', 'MM/DD', 'YYYY', 'DD.MM.YYYY DD', 'soon', 'DD.MM.YYYY xx'])('"%s": is no pattern', (pattern) => {
    expect(isDatePattern(pattern)).toBe(false);
  });

  it.each([
    ['ru-RU', '5 окт. 2026 г.', '2026-10-05'],
    ['ru', 'понедельник, 5 октября 2026 г., 14:30', '2026-10-05T14:30:00'],
    ['uk', '5 жовт. 2026 р.', '2026-10-05'],
    ['hu', '2026. okt. 5.', '2026-10-05'],
    ['he', '5 באוק׳ 2026', '2026-10-05'],
    ['hi', '5 अक्टू॰ 2026', '2026-10-05'],
    ['vi', '5 thg 10, 2026', '2026-10-05'],
    ['ca', '5 d’oct. 2026', '2026-10-05'],
    ['bg', '5.10.2026 г.', '2026-10-05'],
    ['th', '5 ต.ค. 2569', '2026-10-05'],
    ['th', '5 ตุลาคม 2569', '2026-10-05'],
    ['th', '5/10/2026', '2026-10-05'],
    ['th', '2026-10-05', '2026-10-05'],
    ['fa', '۱۳ مهر ۱۴۰۵', '2026-10-05'],
    ['fa', '۱۴۰۵/۷/۱۳', '2026-10-05'],
    ['ar-SA-u-ca-islamic-umalqura', '24 ربيع الآخر 1448 هـ', '2026-10-05'],
    ['fa', '۳۱ مهر ۱۴۰۵', undefined],
    ['ru', '5 окт. 2026 года и ещё', undefined],
  ])('in the words and the calendar of %s: %s is %s', (locale, text, iso) => {
    expect(readWrittenDate(text, locale)?.DMY).toBe(iso);
  });

  it('of a column: one date that fits one order alone decides for all', () => {
    const column = createDateColumn('en-US');
    for (const text of ['05/06/2026', '', '31/10/2026']) column.see(text);
    expect([column.decide(), column.read('05/06/2026')]).toEqual([undefined, '2026-06-05']);
  });
});
