import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  add,
  compare,
  type Decimal,
  divide,
  multiply,
  parseDecimal,
  readDecimal,
  roundToUnits,
  sumDecimals,
  toDecimal,
  toNumeric,
} from '../../../../workers/reports/text/decimal.ts';

const exact = (value: number | string) => toNumeric(readDecimal(value));
const show = (decimal: Decimal | undefined) => decimal && toNumeric(decimal);

describe('decimals', () => {
  it.each([
    [0.1, '0.1'],
    ['12.340', '12.340'],
    [-0.05, '-0.05'],
    [0, '0'],
    ['-0.5', '-0.5'],
    ['.5', '0.5'],
    ['1.5E+03', '1500'],
    ['1.5e-3', '0.0015'],
    [1e21, '1000000000000000000000'],
    [5e-324, `0.${'0'.repeat(323)}5`],
    [999_999_999_999, '999999999999'],
    ['9007199254740993', '9007199254740993'],
    ['12345678901234567.89', '12345678901234567.89'],
  ])('%s: is read as it is written', (value, expected) => {
    expect(exact(value)).toBe(expected);
  });

  it.each(['', '1.', '1,5', ' 1', '1 ', '0x10', 'NaN', 'Infinity', '1e9999', '1'.repeat(500)])(
    '%j: is none',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  it.each([null, undefined, true, Number.NaN, Infinity, 'x', {}, { digits: 1, scale: 0 }])('%p: is none', (value) => {
    expect(toDecimal(value)).toBeUndefined();
  });

  it.each([
    ['1.005', 2, '101'],
    ['-1.005', 2, '-101'],
    ['1.0049', 2, '100'],
    ['-1.0049', 2, '-100'],
    ['2.5', 0, '3'],
    ['7', 3, '7000'],
  ])('%s rounded to %d decimals: %s units', (value, scale, units) => {
    expect(String(roundToUnits(readDecimal(value), scale))).toBe(units);
  });

  it('a product: has every digit', () => {
    expect(toNumeric(multiply(readDecimal('999999999999.999999'), readDecimal('999999999999.999999')))).toBe(
      '999999999999999998000000.000000000001',
    );
  });

  it('a sum of many tenths, of the largest and the smallest: exact', () => {
    expect(show(sumDecimals(Array.from({ length: 1000 }, () => 0.1)))).toBe('100.0');
    expect(show(sumDecimals([1e300, '0.1', -1e300, null, 'n/a', true]))).toBe('0.1');
  });

  it('a part: is rounded far behind the digits of the whole', () => {
    expect(show(divide(readDecimal('10'), 4))).toBe('2.50000000000000000000');
    expect(show(divide(readDecimal('-2'), 3))).toBe('-0.66666666666666666667');
  });

  it('adding and comparing: as whole numbers do, whatever their decimals', () => {
    const decimal = fc.record({ digits: fc.bigInt(-(10n ** 30n), 10n ** 30n), scale: fc.integer({ min: 0, max: 20 }) });
    const whole = ({ digits, scale }: Decimal) => digits * 10n ** BigInt(20 - scale);
    fc.assert(
      fc.property(decimal, decimal, (one, other) => {
        const sum = add(one, other);
        expect(whole(sum)).toBe(whole(one) + whole(other));
        expect(Math.sign(compare(one, other))).toBe(
          whole(one) === whole(other) ? 0 : whole(one) < whole(other) ? -1 : 1,
        );
        expect(parseDecimal(toNumeric(one))).toEqual(one);
      }),
      { numRuns: 300 },
    );
  });
});
