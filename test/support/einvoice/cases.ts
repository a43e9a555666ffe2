import { INVOICES, type InvoiceCase } from '../reports/invoices.ts';

/** Changes that make e-invoices of those that say too little for one, or too much. */
const COMPLETED: Readonly<Record<string, object>> = {
  'outside the scope of VAT': { seller: { vatId: undefined, orgNumber: 'HRB 1234' }, buyer: { vatId: undefined } },
};

/** Invoices that no e-invoice can be made of: lines bear no VAT and don't say why, or amounts have three decimals. */
const REFUSED = ['no VAT at all', 'some lines without VAT', 'a currency of three decimals'];

function complete({ what, data, ...rest }: InvoiceCase): InvoiceCase {
  const changes = Object.entries(COMPLETED[what] ?? {}).map(([field, change]) => [
    field,
    { ...(data[field] as object), ...change },
  ]);
  return { ...rest, what, data: { ...data, ...Object.fromEntries(changes) } };
}

const [base] = INVOICES;
const caseOf = (what: string, due: string, data: object): InvoiceCase => ({
  what,
  due,
  data: { ...base?.data, ...data },
});

/** What the XML alone shows. */
const OWN: InvoiceCase[] = [
  caseOf('everything that an invoice can say', '118.05', {
    buyerReference: '04011000-12345-06',
    orderNumber: 'PO 77',
    contractNumber: 'C-5',
    projectNumber: 'Roof',
    deliveryNote: 'DN 9',
    delivered: { from: '2026-10-01', to: '2026-10-31' },
    deliveryAddress: { name: 'Lager', address: ['Kai 4', 'Tor 2', 'Rampe 1', 'Hof'], city: 'Kiel', country: 'DE' },
    preceding: [{ number: 'R-1', issued: '2026-01-02' }, { number: 'R-2' }],
    notes: 'Thank **you**.\n\nCome *again* & again <soon>.',
    payment: { account: '1503 40 12345', bic: 'DNBANOKK', reference: '0026104', terms: '**Net** 30 days' },
    lines: [
      {
        description: 'Repair\nof the roof\nat the back',
        ...{ quantity: '1.25', unit: 'Std.', unitPrice: '79.80', vat: 19 },
        ...{ note: 'Two men', itemNumber: 'A1', buyerItemNumber: 'B1' },
        period: { from: '2026-10-02', to: '2026-10-03' },
        ...{ discount: { percent: 5, reason: 'Rain' }, charge: { amount: '4.44' } },
      },
    ],
  }),
  caseOf('a direct debit of SEPA', '119.00', {
    lines: [{ description: 'Lamp', unitPrice: 100, vat: 19 }],
    payment: {
      ...{ means: 'direct-debit', mandate: 'M-2026-7', creditorId: 'DE98ZZZ09999999999' },
      debitedAccount: 'DE89 3704 0044 0532 0130 00',
    },
  }),
  caseOf('a price below zero among others', '11.90', {
    lines: [
      { description: 'Lamp', unitPrice: 15, vat: 19 },
      { description: 'Deposit', unitPrice: -5, vat: 19 },
    ],
  }),
  caseOf('signs that XML has for itself, and what it can not hold', '11.90', {
    number: 'R&1',
    notes: 'a\u0001b\ufffe "<c>" \u{1f600}',
    lines: [{ description: '\u0002<Lamp> & "shade" \'s\'', note: '\u0003', unitPrice: 10, vat: 19 }],
  }),
];

/** Invoices of every sort of which an e-invoice can be made. */
export const EINVOICES: InvoiceCase[] = [
  ...INVOICES.filter(({ what }) => !REFUSED.includes(what)).map(complete),
  ...OWN,
];

/** What XRechnung wants of every invoice beside its own. */
const GERMAN = {
  buyerReference: '04011000-12345-06',
  contact: { name: 'Kari Nordmann', phone: '+49 40 123456', email: 'kari@kaffee.example' },
  place: { postalCode: '20457', city: 'Hamburg' },
};

/** The data of a case, completed to an XRechnung. */
export function toXRechnung({ seller, buyer, deliveryAddress, payment, ...data }: Record<string, unknown>): object {
  const address = (party: unknown, more: object = {}) => ({
    ...GERMAN.place,
    ...more,
    ...(party as object),
    country: 'DE',
  });
  return {
    buyerReference: GERMAN.buyerReference,
    ...data,
    seller: { ...address(seller), country: (seller as { country?: string }).country, contact: GERMAN.contact },
    buyer: { ...address(buyer), country: (buyer as { country?: string }).country, email: 'post@amt.example' },
    ...(deliveryAddress ? { deliveryAddress: address(deliveryAddress) } : {}),
    payment: { account: '1503 40 12345', refundAccount: 'DE89 3704 0044 0532 0130 00', ...(payment as object) },
  };
}

/** The request for a case's e-invoice. */
export const einvoiceOf = (data: object): Record<string, unknown> => ({
  template: 'invoice',
  locale: 'en-GB',
  einvoice: 'factur-x',
  data,
});
