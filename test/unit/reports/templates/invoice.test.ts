import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { invalidFields } from '../../../../src/fields/invalid-request.ts';
import { reports } from '../../../../workers/reports/job.ts';
import { isAmount } from '../../../../workers/reports/templates/invoice/fields.ts';
import { type CountedInvoice, countInvoice } from '../../../../workers/reports/templates/invoice/sums.ts';
import { minorDigits } from '../../../../workers/reports/text/currency-digits.ts';
import { type CalculatedFields, calculateInvoice } from '../../../support/reports/invoice-calculation.ts';
import { INVOICES } from '../../../support/reports/invoices.ts';

const BASE = {
  number: '1042',
  issued: '2026-10-31',
  currency: 'EUR',
  seller: { name: 'Seller' },
  buyer: { name: 'Buyer' },
  lines: [{ description: 'Coffee', unitPrice: 10, vat: 25 }],
};

const parse = (fields: object) => reports.input.safeParse({ template: 'invoice', data: { ...BASE, ...fields } });

function count(fields: object): CountedInvoice {
  const { data, error } = parse(fields);
  if (data?.template !== 'invoice') throw error;
  return countInvoice(data.data);
}

describe('amounts of an invoice', () => {
  it.each(['', '1.', '.5', '1e3', '1,5', ' 1', '1.1234567', '1234567890123', 1e-7, 1e21])('%j: is none', (value) => {
    expect(isAmount(value)).toBe(false);
  });

  it('the digits of a currency: those of ISO 4217, whatever people write', () => {
    const digits = { NOK: 2, HUF: 2, IDR: 2, PKR: 2, JPY: 0, ISK: 0, UGX: 0, KWD: 3, IQD: 3, UYW: 4 };
    expect(Object.keys(digits).map(minorDigits)).toEqual(Object.values(digits));
  });
});

/** A number of a currency's smallest units as it is written: 1234.50. */
function written(units: bigint, digits: number): string {
  const text = String(units < 0n ? -units : units).padStart(digits + 1, '0');
  const point = text.length - digits;
  return `${units < 0n ? '-' : ''}${text.slice(0, point)}${digits > 0 ? `.${text.slice(point)}` : ''}`;
}

describe('the sums of an invoice', () => {
  it.each(INVOICES)('$what', ({ data, due }) => {
    const counted = count(data);
    const write = (units: bigint) => written(units, counted.digits);
    const { vatInCurrency: foreign } = counted;
    const sums = {
      isCredit: counted.isCredit,
      net: write(counted.net),
      vat: write(counted.vat),
      total: write(counted.total),
      due: write(counted.due),
      ...(foreign && { foreign: written(foreign.amount, foreign.digits) }),
    };
    expect(sums.due).toBe(due);
    expect(sums).toEqual(calculateInvoice(data as unknown as CalculatedFields));
  });

  // A line of nothing has no sign that a discount could take.
  const units = (max: number) => fc.integer({ min: 1000, max });
  const line = fc.record({
    description: fc.constant('d'),
    quantity: units(1_000_000).map((thousandths) => thousandths / 1000),
    unitPrice: units(10_000_000).map((thousandths) => thousandths / 1000),
    vat: fc.constantFrom(0, 7, 15, 25, 5.5),
    discount: fc.constantFrom(undefined, { percent: '12.5' }, { amount: '0.15' }),
    charge: fc.constantFrom(undefined, { percent: 3 }, { amount: 1 }),
  });
  const whole = {
    lines: fc.array(line, { minLength: 1, maxLength: 12 }),
    discounts: fc.constantFrom([], [{ percent: 10 }], [{ amount: '1.99', vat: 25 }]),
    charges: fc.constantFrom([], [{ percent: 2 }], [{ amount: 49, vat: 15 }]),
    pricesIncludeVat: fc.boolean(),
  };

  it('of any lines: the rules of EN 16931 hold, and with VAT in the prices the total is their sum', () => {
    fc.assert(
      fc.property(fc.record(whole), (fields) => {
        const sums = count({ ...fields, type: 'invoice' });
        const add = (amounts: bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
        const signed = sums.changes.map(({ isCharge, net }) => (isCharge ? net : -net));
        expect(sums.linesNet).toBe(add(sums.lines.map(({ net }) => net)));
        expect(sums.net).toBe(sums.linesNet - sums.discountsNet + sums.chargesNet);
        expect(sums.net).toBe(sums.linesNet + add(signed));
        expect(sums.net).toBe(add(sums.vats.map(({ net }) => net)));
        expect(sums.total).toBe(sums.net + add(sums.vats.map(({ vat }) => vat)));
        for (const { rate, net, vat } of sums.vats) {
          const distance = Math.abs(Number(vat) - (Number(net) * Number(rate)) / 100);
          expect(distance).toBeLessThanOrEqual(fields.pricesIncludeVat ? 0.7 : 0.5000001);
        }
        if (!fields.pricesIncludeVat) return;
        const prices = sums.changes.map(({ isCharge, amount }) => (isCharge ? amount : -amount));
        expect(sums.total).toBe(sums.linesAmount + add(prices));
      }),
      { numRuns: 300 },
    );
  });

  it('a credit note: has the figures of the invoice that it takes back', () => {
    fc.assert(
      fc.property(fc.record(whole), (fields) => {
        const lines = fields.lines.map((one) => ({ ...one, quantity: -one.quantity }));
        const sums = count({ ...fields, lines, charges: [], discounts: [] });
        const asked = count({ ...fields, charges: [], discounts: [], type: 'credit-note' });
        // What comes to nothing is no credit.
        if (asked.total > 0n) expect(sums).toEqual(asked);
      }),
      { numRuns: 200 },
    );
  });
});

describe('rules of an invoice', () => {
  const vat = { category: 'E', reason: 'Exempt' };
  const lineOf = (fields: object) => ({ lines: [{ description: 'd', unitPrice: 1, ...fields }] });
  const DE = 'DE89 3704 0044 0532 0130 00';
  const QRR = '210000000003139471430009017';
  const SWISS = { name: 'S', postalCode: '8000', city: 'Seldwyla', country: 'CH' };
  const swissOf = (payment: object, fields: object = {}) => ({
    ...{ seller: SWISS, currency: 'CHF', ...fields },
    payment: { account: 'CH93 0076 2011 6238 5295 7', qr: 'swiss', ...payment },
  });
  const STREET = 'must have one line alone with the number of a house, or none but the street, with qr "swiss"';
  const mixed = { lines: [...BASE.lines, { description: 'd', unitPrice: 1, vat: 15 }] };
  const IBAN = 'must be an account whose check digits are right, if it is an IBAN';
  const RF = 'must have the check digits that follow from it, if it is a creditor reference (RF...)';
  const AMOUNT = 'must be a number of at most 12 digits before and 6 after the point';

  it.each<[object, string]>([
    [{ delivered: '31.10.2026' }, '/delivered must be a date, such as "2026-10-05"'],
    [
      { delivered: 5 },
      '/delivered must be a date, such as "2026-10-05", or {"from": "2026-10-01", "to": "2026-10-31"}',
    ],
    [lineOf({ period: { from: '2026-10-02', to: '2026-10-01' } }), '/lines/0/period/to must not be before from'],
    [lineOf({ period: {} }), '/lines/0/period must have from, to or both'],
    [{ seller: { name: 'S', country: 'UK' } }, '/seller/country must be the code of a country (ISO 3166), such as NO'],
    [{ seller: { name: 'S', country: 'EU' } }, '/seller/country must be the code of a country (ISO 3166), such as NO'],
    [lineOf({ discount: {} }), '/lines/0/discount must have either amount or percent'],
    [lineOf({ discount: { amount: 1, percent: 1 } }), '/lines/0/discount must have either amount or percent'],
    [lineOf({ discount: { amount: -1 } }), `/lines/0/discount/amount ${AMOUNT}, and not below 0`],
    [lineOf({ charge: { amount: '0.001' } }), '/lines/0/charge/amount must have at most 2 decimals in EUR'],
    [{ currency: 'JPY', prepaid: '1.50' }, '/prepaid must have at most 0 decimals in JPY'],
    [{ discounts: [{ percent: 101 }] }, '/discounts/0/percent must be a percentage from 0 to 100, such as 10'],
    [
      { ...mixed, charges: [{ amount: 5 }] },
      '/charges/0/vat must be there, or vatCategory, where lines differ in their VAT',
    ],
    [{ discounts: [{ percent: 5, vat: 15 }] }, '/discounts/0/vat must be that of a line, or left out for all of them'],
    [lineOf({ vatCategory: 'S' }), '/lines/0/vat must be above 0 with vatCategory S'],
    [lineOf({ vatCategory: 'Z', vat: 5 }), '/lines/0/vat must be 0 or left out with vatCategory Z'],
    [lineOf({ vatCategory: 'O', vat: 0 }), '/lines/0/vat must be left out with vatCategory O'],
    [lineOf({ vatCategory: 'L' }), '/lines/0/vat must be there with vatCategory L'],
    [lineOf({ vatCategory: 'E' }), '/exemptions must have the reason of vatCategory E'],
    [{ ...lineOf({ vat: 0 }), exemptions: [{ category: 'E' }] }, '/exemptions/0/reason must be there, or a code'],
    [{ exemptions: [vat] }, '/exemptions/0/category must be the vatCategory of a line'],
    [
      { ...lineOf({ vatCategory: 'E' }), exemptions: [vat, vat] },
      '/exemptions/1/category must differ from those before it',
    ],
    [
      { ...lineOf({ vat: 0 }), exemptions: [{ category: 'E', code: 'none' }] },
      '/exemptions/0/code must be a code of the list VATEX, such as VATEX-EU-AE',
    ],
    [
      { lines: [...BASE.lines, { description: 'd', unitPrice: 1, vatCategory: 'O' }] },
      '/lines must all have vatCategory O where one has it',
    ],
    [
      { ...lineOf({ vatCategory: 'AE' }), seller: { name: 'S', vatId: 'DE1' } },
      '/buyer/vatId must be there, or orgNumber, with vatCategory AE',
    ],
    [
      { ...lineOf({ vatCategory: 'AE' }), buyer: { name: 'B', vatId: 'DE1' } },
      '/seller/vatId must be there with vatCategory AE',
    ],
    [
      { ...lineOf({ vatCategory: 'K' }), seller: { name: 'S', vatId: 'DE1' }, buyer: { name: 'B', vatId: 'FR1' } },
      '/delivered must be there with vatCategory K',
    ],
    [
      { lines: Array.from({ length: 21 }, (_, vat) => ({ description: 'd', unitPrice: 1, vat })) },
      '/lines must have at most 20 different rates of VAT',
    ],
    [{ rounding: '0.01', roundTo: '0.05' }, '/rounding must be left out with roundTo'],
    [
      { type: 'credit-note', discounts: [{ amount: 13 }] },
      '/type must be left out, or "invoice": what is credited comes to less than 0',
    ],
    [{ type: 'credit-note', prepaid: 13 }, '/prepaid must not be more than what is credited'],
    [{ lines: [{ description: 'd', unitPrice: -1 }], rounding: 2 }, '/rounding must not be more than what is credited'],
    [{ roundTo: 0 }, `/roundTo ${AMOUNT}, and above 0`],
    [{ vatCurrency: { currency: 'NOK' } }, '/vatCurrency must have either exchangeRate or amount'],
    [{ vatCurrency: { currency: 'EUR', amount: 1 } }, "/vatCurrency/currency must not be the invoice's own currency"],
    [{ payment: { account: 'DE89 3704 0044 0532 0130 01' } }, `/payment/account ${IBAN}`],
    [{ payment: { reference: 'RF19 5390 0754 7034' } }, `/payment/reference ${RF}`],
    [{ payment: { account: '1503 40 12345', qr: 'epc' } }, '/payment/account must be an IBAN with qr'],
    [
      { payment: { account: DE, qr: 'epc', means: 'direct-debit' } },
      '/payment/means must be transfer or left out with qr',
    ],
    [swissOf({ means: 'card' }), '/payment/means must be transfer or left out with qr'],
    [
      { currency: 'NOK', payment: { account: 'DE89370400440532013000', qr: 'epc' } },
      '/payment/qr must not be "epc" in a currency other than EUR',
    ],
    [
      { lines: [{ description: 'd', unitPrice: 1_000_000_000 }], payment: { account: DE, qr: 'epc' } },
      '/payment/qr must be left out above 999,999,999.99',
    ],
    [
      { payment: { account: DE, reference: '漢'.repeat(100), qr: 'epc' } },
      '/payment/reference must be shorter: with the name a QR code takes 331 bytes',
    ],
    [
      { seller: { name: 'x'.repeat(71) }, payment: { account: DE, qr: 'epc' } },
      '/seller/name must have at most 70 characters with qr',
    ],
    [swissOf({ account: DE }), '/payment/account must be an IBAN of Switzerland or Liechtenstein with qr "swiss"'],
    [
      swissOf({ account: 'CH4431999123000889012' }),
      '/payment/reference must be a QR reference, 27 digits with their check digit, with a QR-IBAN',
    ],
    [swissOf({ reference: QRR }), '/payment/account must be a QR-IBAN with a QR reference'],
    [swissOf({}, { currency: 'NOK' }), '/payment/qr must not be "swiss" in a currency other than CHF and EUR'],
    [swissOf({}, { number: '七' }), '/number must be in Latin letters with qr "swiss"'],
    [swissOf({}, { seller: { ...SWISS, city: undefined } }), '/seller/city must be there with qr "swiss"'],
    [swissOf({}, { buyer: { ...SWISS, name: 'Łukasz 漢' } }), '/buyer/name must be in Latin letters with qr "swiss"'],
    [swissOf({}, { seller: { ...SWISS, city: ' ' } }), '/seller/city must be there with qr "swiss"'],
    [swissOf({}, { seller: { ...SWISS, address: ['Haus A', 'Campus'] } }), `/seller/address ${STREET}`],
    [swissOf({}, { buyer: { ...SWISS, address: ['Postfach 12', 'Weg 1'] } }), `/buyer/address ${STREET}`],
    [
      swissOf({ reference: 'x'.repeat(100) }, { number: '9'.repeat(50) }),
      '/payment/reference must be shorter: with the number a QR-bill says at most 140 characters',
    ],
    [
      { seller: { name: '\n\u200b' }, payment: { account: DE, qr: 'epc' } },
      '/seller/name must have letters or digits with qr',
    ],
    [
      { number: '\u0001', payment: { account: DE, qr: 'epc', reference: '\n' } },
      '/number must have letters or digits with qr',
    ],
    [
      { payment: { account: DE, qr: 'epc', bic: 'COBADE' } },
      '/payment/bic must be a BIC, 8 or 11 letters and digits, with qr',
    ],
  ])('%j', (fields, fault) => {
    const { error } = parse(fields);
    const faults = invalidFields(error?.issues ?? []).errors ?? [];
    expect(faults.map(({ pointer, detail }) => `${pointer.replace('/data', '')} ${detail}`)).toEqual([fault]);
  });

  it('what keeps them: is taken', () => {
    const payment = { account: 'de89 3704 0044 0532 0130 00', reference: 'RF18 5390 0754 7034' };
    const accounts = ['1503 40 12345', 'GB29NWBK60161331926819', 'NO93 8601 1117 947', 'CH93 0076 2011 6238 5295 7'];
    for (const account of [payment.account, ...accounts]) {
      expect(parse({ payment: { ...payment, account } }).error).toBeUndefined();
    }
    const parties = { seller: { name: 'S', vatId: 'DE1', country: 'XI' }, buyer: { name: 'B', vatId: 'FR1' } };
    const untaxed = { ...lineOf({ vatCategory: 'K' }), ...parties, delivered: { to: '2026-10-30' } };
    expect(parse(untaxed).error).toBeUndefined();
    expect(parse(swissOf({ account: 'CH4431999123000889012', reference: QRR })).error).toBeUndefined();
    // Who is not printed on the slip is called as they like; what is no street is not taken for one.
    expect(
      parse(swissOf({}, { buyer: { name: 'Łukasz 漢', city: ' ', postalCode: '1', country: 'CH' } })).error,
    ).toBeUndefined();
    const lines = ['c/o Huber', 'Weg 1', '8000 SELDWYLA'];
    expect(parse(swissOf({}, { seller: { ...SWISS, country: 'XI', address: lines } })).error).toBeUndefined();
    const lying = { template: 'invoice', page: { size: 'A5' }, data: { ...BASE, ...swissOf({}) } };
    const [issue] = reports.input.safeParse(lying).error?.issues ?? [];
    expect(issue).toMatchObject({ path: ['page'], message: 'must be A4, portrait, with payment.qr "swiss"' });
  });
});
