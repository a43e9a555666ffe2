/** Parties and numbers of which an invoice can be made in any form. */
export const INVOICE_BASE = {
  number: 'R-1042',
  issued: '2026-10-31',
  due: '2026-11-30',
  delivered: '2026-10-28',
  currency: 'EUR',
  seller: {
    name: 'Kaffeerösterei Nord GmbH',
    address: ['Hafenstraße 12'],
    postalCode: '20457',
    city: 'Hamburg',
    country: 'DE',
    vatId: 'DE123456789',
    contact: { name: 'Anke Voss', phone: '+49 40 123456', email: 'voss@kaffee-nord.example' },
  },
  buyer: {
    name: 'Café du Port SARL',
    address: ['3 quai des Brumes'],
    postalCode: '76600',
    city: 'Le Havre',
    country: 'FR',
    vatId: 'FR32123456789',
  },
  payment: { account: 'DE89 3704 0044 0532 0130 00', reference: 'RF18 5390 0754 7034' },
};

const lineOf = (unitPrice: number | string, fields: object = {}) => ({ description: 'Coffee', unitPrice, ...fields });
const at = (vat: number | string, unitPrice: number | string, fields: object = {}) =>
  lineOf(unitPrice, { vat, ...fields });

/** One kind of invoice: what its data are, and what is to be paid in the end. */
export interface InvoiceCase {
  what: string;
  data: Record<string, unknown>;
  due: string;
}

const caseOf = (what: string, due: string, data: object): InvoiceCase => ({
  what,
  due,
  data: { ...INVOICE_BASE, ...data },
});

/** Invoices of every sort, with what is to be paid. */
export const INVOICES: InvoiceCase[] = [
  caseOf('one line', '12.50', { lines: [at(25, 10)] }),
  caseOf('a half that is rounded away from zero', '1.26', { lines: [at(0, '1.255')] }),
  caseOf('lines that are rounded one by one', '1.20', { lines: [at(19, '0.335', { quantity: 3 })] }),
  caseOf('VAT counted on the sum of a rate', '0.75', { lines: [at(25, 0.3), at('25.0', 0.3)] }),
  caseOf('three rates', '37.06', { lines: [at(19, 10), at(7, 10), at(0, 10), at('5.5', '4.23')] }),
  caseOf('a quantity of six decimals', '4115.22', { lines: [at(0, '3333.333333', { quantity: '1.234567' })] }),
  caseOf('no VAT at all', '30.00', { lines: [lineOf(10, { quantity: 3 })] }),
  caseOf('some lines without VAT', '22.50', { lines: [at(25, 10), lineOf(10)] }),
  caseOf('returned goods among others', '12.50', { lines: [at(25, 20), at(25, 10, { quantity: -1 })] }),
  caseOf('a discount of a line in percent', '10.69', { lines: [at(25, '9.50', { discount: { percent: 10 } })] }),
  caseOf('a discount and a charge of a line', '12.49', {
    lines: [at(25, '9.99', { discount: { amount: '1.00', reason: 'Dented' }, charge: { amount: 1, reason: 'Bag' } })],
  }),
  caseOf('a discount of a line below zero', '-11.25', {
    type: 'invoice',
    lines: [at(25, 10, { quantity: -1, discount: { amount: 1 } })],
  }),
  caseOf('a discount of the whole, one rate', '112.50', { lines: [at(25, 100)], discounts: [{ amount: 10 }] }),
  caseOf('a discount in percent over several rates', '105.30', {
    lines: [at(25, 60), at(5, 40)],
    discounts: [{ percent: 10, reason: 'Loyalty' }],
  }),
  caseOf('a discount in percent of one rate', '109.50', {
    lines: [at(25, 60), at(5, 40)],
    discounts: [{ percent: 10, vat: 25 }],
  }),
  caseOf('freight at a rate of its own', '122.90', {
    lines: [at(7, 100)],
    charges: [{ amount: '13.36', vat: 19, reason: 'Freight' }],
  }),
  caseOf('discounts and charges together', '120.20', {
    lines: [at(19, 100), at(7, '3.33')],
    discounts: [{ amount: '2.50', vat: 19 }],
    charges: [{ percent: '0.5' }],
  }),
  caseOf('reverse charge', '100.00', { lines: [lineOf(100, { vatCategory: 'AE' })] }),
  caseOf('supply within the EU', '250.00', { lines: [lineOf(125, { quantity: 2, vatCategory: 'K' })] }),
  caseOf('export', '80.00', { lines: [lineOf(80, { vatCategory: 'G' })] }),
  caseOf('exempt beside taxed', '219.00', {
    lines: [at(19, 100), lineOf(100, { vatCategory: 'E' })],
    exemptions: [{ category: 'E', reason: '§ 4 Nr. 21 UStG' }],
  }),
  caseOf('exempt as the only exemption says', '42.00', {
    lines: [at(0, 42)],
    exemptions: [{ category: 'E', reason: 'Kleinunternehmer, § 19 UStG', code: 'VATEX-EU-O' }],
  }),
  caseOf('outside the scope of VAT', '15.00', { lines: [lineOf(15, { vatCategory: 'O' })] }),
  caseOf('prepaid', '50.00', { lines: [at(19, 100)], prepaid: 69 }),
  caseOf('prepaid more than it comes to', '-1.00', { lines: [at(19, 100)], prepaid: 120 }),
  caseOf('a rounding that is given', '119.00', { lines: [at(19, '99.99')], rounding: '0.01' }),
  caseOf('rounded to five cents', '107.75', { lines: [at('8.1', '99.68')], currency: 'CHF', roundTo: '0.05' }),
  caseOf('a currency without decimals', '1650', { lines: [at(10, 1500)], currency: 'JPY' }),
  caseOf('a currency of three decimals', '12.962', { lines: [at(5, '12.3453')], currency: 'KWD' }),
  caseOf('a currency that people write without its decimals', '4703.67', {
    lines: [at(27, '1234.56', { quantity: 3 })],
    currency: 'HUF',
  }),
  caseOf('prices with VAT', '23.80', { pricesIncludeVat: true, lines: [at(19, '11.90', { quantity: 2 })] }),
  caseOf('prices with VAT that do not come out even', '9.99', {
    pricesIncludeVat: true,
    lines: [at(19, '3.33'), at(19, '3.33'), at(19, '3.33')],
  }),
  caseOf('prices with VAT, two rates, a discount and freight', '33.04', {
    pricesIncludeVat: true,
    lines: [at(19, '19.99', { discount: { percent: 10 } }), at(7, '9.99')],
    discounts: [{ percent: 3 }],
    charges: [{ amount: '5.90', vat: 19 }],
  }),
  caseOf('VAT in another currency, by its rate', '125.00', {
    lines: [at(25, 100)],
    vatCurrency: { currency: 'NOK', exchangeRate: '11.6385' },
  }),
  caseOf('VAT in another currency, as it was counted', '125.00', {
    lines: [at(25, 100)],
    vatCurrency: { currency: 'SEK', amount: '281.25' },
  }),
  caseOf('a credit note by its sum', '12.50', { lines: [at(25, 10, { quantity: -1 })], due: undefined }),
  caseOf('a credit note by its type', '12.50', {
    type: 'credit-note',
    lines: [at(25, 10)],
    due: undefined,
    preceding: [{ number: 'R-1001', issued: '2026-09-30' }],
  }),
  caseOf('a credit note with a discount', '112.50', {
    lines: [at(25, -100)],
    discounts: [{ percent: 10 }],
    due: undefined,
  }),
  caseOf('a discount that is more than the lines', '5.00', { lines: [at(0, 5)], discounts: [{ amount: 10 }] }),
  caseOf('goods taken back for more than was bought', '5.95', {
    lines: [at(19, 100), at(19, 95, { quantity: -1 })],
    discounts: [{ amount: 10 }],
    vatCurrency: { currency: 'NOK', amount: '11.05' },
  }),
  caseOf('goods taken back, less a charge', '40.00', { lines: [at(0, -100)], charges: [{ amount: 60 }] }),
  caseOf('goods taken back, rounded', '100.00', { lines: [at(0, '-100.02')], rounding: '0.02' }),
  caseOf('goods taken back, rounded to five cents', '100.05', { lines: [at(0, '-100.03')], roundTo: '0.05' }),
  caseOf('goods taken back, and what was prepaid', '130.00', { lines: [at(0, -100)], prepaid: 30 }),
  caseOf('prices with VAT, less more than they are', '11.00', {
    pricesIncludeVat: true,
    lines: [at(19, 119)],
    discounts: [{ amount: 130 }],
  }),
  caseOf('a credit note by its type, written with a minus', '107.10', {
    type: 'credit-note',
    lines: [at(19, 100, { quantity: -1 })],
    discounts: [{ amount: 10 }],
    due: undefined,
  }),
  caseOf('an invoice below zero, with VAT in another currency', '-119.00', {
    type: 'invoice',
    lines: [at(19, -100)],
    vatCurrency: { currency: 'NOK', amount: 200 },
  }),
];
