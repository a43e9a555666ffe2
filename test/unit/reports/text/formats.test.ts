import { describe, expect, it } from '@jest/globals';
import { createFormatter, isFormat } from '../../../../workers/reports/text/formats.ts';

/** No-break spaces of all kinds as plain ones. */
const print = (spec: string | undefined, locale: string, value: unknown) =>
  createFormatter(spec, locale)(value).text.replaceAll(/[\u00a0\u202f]/g, ' ');

describe('formats', () => {
  it.each([
    ['number', 'en-US', 1234.5678, '1,234.568'],
    ['number:2', 'nb-NO', 1234.5, '1 234,50'],
    ['number:0', 'de-DE', 1234.5, '1.235'],
    ['number:10', 'en-US', 0.5, '0.5000000000'],
    ['currency:NOK', 'nb-NO', -12.5, '−12,50 kr'],
    ['currency:EUR', 'de-DE', 1234, '1.234,00 €'],
    ['currency:JPY', 'en-US', 1234, '¥1,234'],
    ['currency:HUF', 'hu-HU', '1234.56', '1234,56 Ft'],
    ['currency:HUF', 'hu-HU', '1234.004', '1234 Ft'],
    ['currency:IQD', 'en-US', '-0.25', '-IQD 0.250'],
    ['percent', 'en-US', 0.1256, '12.6%'],
    ['bytes', 'en-US', 999, '999 byte'],
    ['bytes', 'en-US', 1500, '1.5 kB'],
    ['bytes', 'en-US', 999_999, '1 MB'],
    ['bytes', 'nb-NO', 2_500_000_000, '2,5 GB'],
    ['date', 'en-US', '2026-10-05', 'Oct 5, 2026'],
    ['date', 'nb-NO', '2026-10-05T23:59:00Z', '5. okt. 2026'],
    ['text', 'en-US', true, 'true'],
    ['number:2', 'en-US', '12345678901234567.89', '12,345,678,901,234,567.89'],
    ['currency:IDR', 'id-ID', '9007199254740993', 'Rp 9.007.199.254.740.993'],
    ['number', 'en-US', '1234567890123456789012345', '1,234,567,890,123,456,789,012,345'],
    ['number', 'en-US', '1e300', '1E300'],
    ['exact', 'nb-NO', '1334.40', '1 334,40'],
    ['number:2', 'en-US', '1.005', '1.01'],
  ])('%s in %s prints %s as %s', (spec, locale, value, printed) => {
    expect(print(spec, locale, value)).toBe(printed);
  });

  it('a timestamp with an offset: the clock that was written is printed, not the worker’s', () => {
    expect(print('datetime', 'nb-NO', '2026-10-05T12:30:00+09:00')).toBe('5. okt. 2026, 12:30');
  });

  it('a number without a format: keeps its digits and is not grouped', () => {
    expect(print(undefined, 'nb-NO', 2026.125)).toBe('2026,125');
  });

  it('a number as text: is printed like the number', () => {
    expect(createFormatter('number:1', 'en-US')('1234.56')).toEqual({ text: '1,234.6', fits: true });
  });

  it.each([null, undefined, ''])('a missing value (%p): is printed as nothing, in any format', (value) => {
    expect(createFormatter('currency:NOK', 'nb-NO')(value)).toEqual({ text: '', fits: true });
  });

  it('numbers of each length, sign and number of decimals: as Intl writes them', () => {
    const texts = ['0', '-0', '-0.5', '7.10', '1234', '-12345.60', '99999.995', '1234567.000', '-0.004', '1e21'];
    const values = [...texts, `9${'08'.repeat(14)}.125`, `1.${'70'.repeat(12)}`];
    const specs: Record<string, Intl.NumberFormatOptions> = {
      number: { maximumFractionDigits: 3 },
      'number:2': { minimumFractionDigits: 2, maximumFractionDigits: 2 },
      'currency:CHF': { style: 'currency', currency: 'CHF' },
    };
    for (const locale of ['nb-NO', 'en-IN', 'es-ES', 'pl-PL', 'de-CH', 'fr-CH', 'ar-EG', 'fa-IR', 'he-IL', 'bn-BD']) {
      for (const [spec, options] of Object.entries(specs)) {
        const [format, own] = [new Intl.NumberFormat(locale, options), createFormatter(spec, locale)];
        const wanted = values.map((value) =>
          format.format((value === '-0' ? '0' : value) as Intl.StringNumericLiteral),
        );
        // A number of few digits with an exponent stays one.
        wanted[texts.indexOf('1e21')] = own('1e21').text;
        expect([locale, spec, values.map((value) => own(value).text)]).toEqual([locale, spec, wanted]);
      }
    }
  });

  it.each([
    ['number', 'n/a'],
    ['number', true],
    ['date', '2026-02-30'],
    ['date', 'soon'],
    ['datetime', '2026-10-05T25:00'],
  ])('%s of %p: is printed as it is, and does not fit', (spec, value) => {
    expect(createFormatter(spec, 'en-US')(value)).toEqual({ text: String(value), fits: false });
  });

  it.each(['text', 'number', 'number:0', 'number:10', 'currency:NOK', 'percent', 'date', 'datetime', 'bytes'])(
    '%s: is a format',
    (spec) => expect(isFormat(spec)).toBe(true),
  );

  it.each([
    '',
    'Number',
    'number:',
    'number:11',
    'currency',
    'currency:nok',
    'currency:ZZZ',
    'percent:2',
    'date ',
    'toString',
  ])('"%s": is no format', (spec) => expect(isFormat(spec)).toBe(false));
});
