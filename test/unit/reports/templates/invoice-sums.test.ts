import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isAmount } from '../../../../workers/reports/templates/invoice-data.ts';
import { minorDigits, sumInvoice } from '../../../../workers/reports/templates/invoice-sums.ts';

describe('amounts of an invoice', () => {
  it.each(['', '1.', '.5', '1e3', '1,5', ' 1', '1.1234567', '1234567890123', 1e-7, 1e21])('%j: is none', (value) => {
    expect(isAmount(value)).toBe(false);
  });
});

describe('the sums of an invoice', () => {
  it('lines are rounded one by one, VAT once for each rate, the highest first', () => {
    const sums = sumInvoice(
      [
        { quantity: 3, unitPrice: '0.335', vat: 15 },
        { quantity: 1, unitPrice: 0.3, vat: 25 },
        { quantity: 1, unitPrice: 0.3, vat: '25.0' },
        { quantity: 2, unitPrice: 5, vat: 0 },
      ],
      'NOK',
    );
    expect(sums).toEqual({
      lines: [101n, 30n, 30n, 1000n],
      net: 1161n,
      vats: [
        { rate: '25', net: 60n, vat: 15n },
        { rate: '15', net: 101n, vat: 15n },
        { rate: '0', net: 1000n, vat: 0n },
      ],
      total: 1191n,
    });
  });

  it('without a rate: no VAT at all', () => {
    expect(sumInvoice([{ quantity: 1.5, unitPrice: 33_333 }], 'JPY')).toEqual({
      lines: [50_000n],
      net: 50_000n,
      vats: [],
      total: 50_000n,
    });
  });

  it('the digits of a currency: 2, none or 3', () => {
    expect(['NOK', 'JPY', 'KWD'].map(minorDigits)).toEqual([2, 0, 3]);
  });

  it('a credit note: the negative of its invoice, to the last unit', () => {
    const line = fc.record({
      quantity: fc.integer({ min: 1, max: 1_000_000 }).map((thousandths) => thousandths / 1000),
      unitPrice: fc.integer({ min: 0, max: 10_000_000 }).map((units) => units / 1000),
      vat: fc.constantFrom(0, 7, 15, 25, 5.5),
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const credit = lines.map((one) => ({ ...one, quantity: -one.quantity }));
        const [sums, back] = [sumInvoice(lines, 'EUR'), sumInvoice(credit, 'EUR')];
        expect(back.total).toBe(-sums.total);
        expect(sums.vats.reduce((sum, { net }) => sum + net, 0n)).toBe(sums.net);
      }),
      { numRuns: 200 },
    );
  });
});
