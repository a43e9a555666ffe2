import fc from 'fast-check';

const word = fc.string({ unit: 'binary', maxLength: 20 });
const name = word.map((rest) => `N${rest}`);
const optional = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const amount = (max: number, decimals: number) =>
  fc.integer({ min: 1, max }).map((units) => (units / 10 ** decimals).toFixed(decimals));
const change = fc.oneof(
  fc.record({ percent: fc.integer({ min: 0, max: 100 }), reason: optional(word) }),
  fc.record({ amount: amount(9999, 2), reason: optional(word) }),
);
const day = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2040-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const line = fc.record({
  description: name,
  ...{ note: optional(word), itemNumber: optional(word), buyerItemNumber: optional(word) },
  quantity: fc.tuple(fc.constantFrom('', '', '', '-'), amount(9_999_999, 3)).map((parts) => parts.join('')),
  unit: optional(fc.oneof(fc.constantFrom('h', 'Stk.', 'KGM', 'm²'), fc.string({ maxLength: 20 }))),
  unitPrice: fc.tuple(fc.constantFrom('', '', '', '-'), amount(99_999_999, 4)).map((parts) => parts.join('')),
  vat: fc.constantFrom(0, 5.5, 7, 19, '25.0'),
  discount: optional(change),
  charge: optional(change),
  period: optional(day.map((from) => ({ from, to: '2041-01-01' }))),
});
const address = {
  address: fc.array(name, { maxLength: 6 }),
  postalCode: optional(fc.string({ maxLength: 20 })),
  city: optional(word),
};
const invoice = fc.record({
  type: fc.constantFrom(undefined, 'invoice', 'credit-note'),
  number: name,
  issued: day,
  currency: fc.constantFrom('EUR', 'NOK', 'JPY'),
  seller: fc.record({
    name,
    ...address,
    country: fc.constantFrom('DE', 'NO'),
    vatId: fc.constant('DE 123.456.789'),
    email: optional(word),
  }),
  buyer: fc.record({
    name,
    ...address,
    country: fc.constantFrom('FR', 'GR'),
    orgNumber: optional(word),
    customerNumber: optional(word),
  }),
  deliveryAddress: optional(fc.record({ name: optional(word), ...address, country: fc.constant('PL') })),
  ...{ buyerReference: optional(word), orderNumber: optional(word), contractNumber: optional(word) },
  ...{ projectNumber: optional(word), deliveryNote: optional(word), notes: optional(word) },
  delivered: optional(fc.oneof(day, fc.record({ from: day, to: fc.constant('2041-01-01') }))),
  preceding: fc.array(fc.record({ number: name, issued: optional(day) }), { maxLength: 3 }),
  lines: fc.array(line, { minLength: 1, maxLength: 10 }),
  pricesIncludeVat: fc.boolean(),
  discounts: fc.array(fc.record({ percent: fc.integer({ min: 0, max: 30 }), reason: optional(word) }), {
    maxLength: 2,
  }),
  charges: fc.array(fc.record({ amount: amount(9999, 2), vat: fc.constantFrom(7, 19), reason: optional(word) }), {
    maxLength: 2,
  }),
  prepaid: optional(amount(99_999, 2)),
  rounding: optional(fc.constantFrom('0.01', '-0.04')),
  payment: fc.record({
    account: optional(fc.constantFrom('DE89 3704 0044 0532 0130 00', '12-345')),
    reference: optional(fc.string({ maxLength: 9 }).map((text) => `K${text}`)),
    terms: name,
  }),
});

/** Amounts have no decimals in yen, and no more is taken off a credit note than it has. */
function fit({ prepaid, rounding, ...others }: Record<string, unknown>): Record<string, unknown> {
  const data = others['type'] === 'credit-note' ? others : { ...others, prepaid, rounding };
  const whole = (key: string, value: unknown): unknown =>
    ['amount', 'prepaid', 'rounding'].includes(key) && value !== undefined ? Math.round(Number(value)) : value;
  return data['currency'] === 'JPY' ? JSON.parse(JSON.stringify(data, whole)) : data;
}

/** The data of any invoice of which an e-invoice can be made. */
export const ANY_INVOICE: fc.Arbitrary<Record<string, unknown>> = invoice.map(fit);
