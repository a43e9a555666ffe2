import { describe, expect, it } from '@jest/globals';
import { readCodes } from '../../../support/pdf/read-codes.ts';
import { INVOICE_BASE } from '../../../support/reports/invoices.ts';
import { drawPage } from '../bench.ts';
import { draw } from './draw.ts';

describe('an invoice', () => {
  const data = {
    number: '1042',
    issued: '2026-10-31',
    due: '2026-11-14',
    currency: 'NOK',
    seller: { name: 'Fjordkaffe AS', address: ['Strandgata 12', '5013 Bergen'], orgNumber: '987 654 321' },
    buyer: { name: 'Kari Nordmann', address: ['Karl Johans gate 1'] },
    lines: [
      { description: 'Kaffebønner', quantity: 24, unit: 'kg', unitPrice: 189.5, vat: 15 },
      { description: 'Filtre', quantity: 10, unitPrice: 39.9, vat: 25 },
    ],
    payment: { account: '1503 40 12345', reference: '0026104', terms: 'Netto 14 dager.' },
    notes: 'Takk for handelen.',
  };

  it('in Norwegian: parties, lines, VAT by rate, what is to be paid and how', async () => {
    const { pages, result } = await draw({ template: 'invoice', locale: 'nb-NO', data });
    const [page = ''] = pages;
    for (const part of [
      'Fjordkaffe AS Strandgata 12 Faktura 5013 Bergen',
      'Org.nr. 987 654 321',
      'Fakturanummer 1042',
      'Dato 31. okt. 2026',
      'Kaffebønner 24 kg 189,50 15 % 4 548,00',
      'Sum uten MVA 4 947,00',
      'MVA 25 % av 399,00 99,75',
      'MVA 15 % av 4 548,00 682,20',
      'Å betale 5 728,95 kr',
      'Kontonummer 1503 40 12345',
      'Netto 14 dager.',
      'Fjordkaffe AS · Faktura 1042 · Side 1 av 1',
    ]) {
      expect(page.replaceAll(/[\u00a0\u202f]/g, ' ')).toContain(part);
    }
    expect(result.warnings).toEqual([]);
  });

  it('more lines than a page: the header comes again, with what they come to so far, the sums stand together', async () => {
    const lines = Array.from({ length: 90 }, (_, index) => ({ description: `Line ${index}`, unitPrice: 1 }));
    const { pages } = await draw({ template: 'invoice', locale: 'en-GB', data: { ...data, lines } });
    expect(pages.length).toBeGreaterThan(2);
    let carried = 0;
    for (const [index, page] of pages.entries()) {
      const forward = Number(/Carried forward (\d+)\.00/.exec(page)?.[1] ?? Number.NaN);
      if (index > 0 && carried > 0) {
        expect(page).toMatch(new RegExp(`Amount NOK Brought forward ${carried}\\.00 Line ${carried} 1 `));
      }
      carried = page.includes('Line') ? forward : 0;
      if (page.includes('Line 89')) expect(forward).toBeNaN();
      else expect(page).toContain(`Line ${forward - 1} 1 1.00 1.00 Carried forward ${forward}.00 Fjordkaffe`);
      if (page.includes('Line 89')) break;
    }
    // What is to be paid may stand on a page of its own.
    for (const page of pages.slice(0, -1)) expect(page).toContain('Description Quantity Unit price Amount NOK');
    expect(pages.filter((page) => page.includes('Amount due'))).toHaveLength(1);
  });

  it('a line over the end of a page: takes its discount along', async () => {
    const discount = { amount: '0.10' };
    const lines = Array.from({ length: 32 }, (_, index) => ({ description: `Line ${index}`, unitPrice: 1, discount }));
    // Where the first page ends is moved by a line of the head.
    for (const above of [{}, { orderNumber: 'PO-1' }]) {
      const fields = { ...data, ...above, lines };
      const { pages } = await draw({ template: 'invoice', locale: 'en-GB', data: fields });
      for (const page of pages) {
        expect(page).not.toMatch(/Line \d+ 1 1\.00 1\.00 Carried/);
        expect(page).not.toMatch(/Brought forward [\d.]+ Discount/);
      }
      expect(pages[0]).toContain('Discount -0.10 Carried forward');
    }
  });

  /** The text of an invoice's pages, with plain spaces. */
  async function textOf(locale: string, fields: object, lang?: string): Promise<string> {
    const { pages, result } = await draw({ template: 'invoice', locale, lang, data: { ...INVOICE_BASE, ...fields } });
    expect(result.warnings).toEqual([]);
    return pages.join(' ').replaceAll(/[\u00a0\u2009\u202f]/g, ' ');
  }

  it('with all that it may have, in German: each where a reader expects it', async () => {
    const text = await textOf('de-DE', {
      delivered: { from: '2026-10-01', to: '2026-10-28' },
      deliveryAddress: { name: 'Entrepôt Sud', city: 'Rouen', postalCode: '76000', country: 'FR' },
      buyer: { ...INVOICE_BASE.buyer, customerNumber: 'K-77', contact: { name: 'Jeanne Roux' } },
      buyerReference: 'JR/2026',
      orderNumber: 'PO-5501',
      lines: [
        {
          ...{ description: 'Bohnen', quantity: 24, unit: 'kg', unitPrice: '1234.5', vat: 19, itemNumber: 'A-100' },
          ...{ discount: { percent: 10, reason: 'Treue' }, charge: { amount: 5 }, note: 'Ernte 2026' },
        },
        { description: 'Schulung', unitPrice: 300, vatCategory: 'E' },
      ],
      discounts: [{ percent: 3, reason: 'Skonto' }],
      exemptions: [{ category: 'E', reason: 'Steuerfrei nach § 4 Nr. 21 UStG' }],
      prepaid: 1000,
      roundTo: '0.05',
      vatCurrency: { currency: 'NOK', exchangeRate: '11.6385' },
      payment: { ...INVOICE_BASE.payment, means: 'transfer' },
    });
    for (const part of [
      'Rechnung an Rechnungsnummer R-1042 Café du Port SARL',
      'Frankreich Kundennummer K-77',
      'Lieferanschrift Bestellnummer PO-5501 Entrepôt Sud',
      '76000 Rouen voss@kaffee-nord.example Frankreich',
      'Leistungszeitraum 01.–28.10.2026',
      'Ihr Zeichen JR/2026',
      'Ansprechpartner Anke Voss, +49 40 123456,',
      'Bohnen 24 kg 1.234,50 19 % 29.628,00 Art.-Nr. A-100 Ernte 2026',
      'Rabatt 10 % · Treue -2.962,80 Zuschlag 5,00',
      'Summe der Positionen 26.970,20',
      'Rabatt 3 % · Skonto (USt. 19 %) -800,11',
      'Rabatt 3 % · Skonto (USt. 0 %) -9,00',
      'Summe netto 26.161,09',
      'USt. 19 % auf 25.870,09 4.915,32',
      'USt. 0 % auf 291,00 0,00 Steuerfrei nach § 4 Nr. 21 UStG',
      'Summe brutto 31.076,41 USt. in NOK (1 EUR = 11,6385 NOK) 57.206,95 NOK',
      'Bereits bezahlt -1.000,00 Rundung -0,01',
      'Zu zahlen 30.076,40 €',
      'Zahlungsart Überweisung IBAN DE89 3704 0044 0532 0130 00',
    ]) {
      expect(text).toContain(part);
    }
  });

  it('prices with VAT, and one way of writing all amounts, that of the currency', async () => {
    const lines = [{ description: 'Bohnen', quantity: 3, unitPrice: '1234.50', vat: '8.1' }];
    const text = await textOf('fr-CH', { currency: 'CHF', pricesIncludeVat: true, lines });
    expect(text).toContain("3 1'234.50 8,1% 3'703.50");
    expect(text).toContain("Total TTC 3'703.50 Dont TVA 8,1% sur 3'425.99 277.51 Total HT 3'425.99");
    expect(text).toContain("Net à payer 3'703.50 CHF");
    const tea = { currency: 'JPY', lines: [{ description: 'Tea', unitPrice: 1500, vat: 10 }] };
    const yen = await textOf('ja-JP', tea, 'en');
    expect(yen).toContain('Amount due ¥1,650');
  });

  it('without VAT: says why', async () => {
    const lines = [{ description: 'Bohnen', unitPrice: 100, vatCategory: 'AE' }];
    expect(await textOf('nb-NO', { lines })).toContain('MVA 0 % av 100,00 0,00 Omvendt avgiftsplikt');
    const outside = [{ description: 'Bohnen', unitPrice: 100, vatCategory: 'O' }];
    const name = 'Acme {pages} | {title}';
    const text = await textOf('en-GB', { lines: outside, number: '{date}', seller: { ...INVOICE_BASE.seller, name } });
    expect(text).toContain('Amount due €100.00 Not subject to VAT');
    // What the data say is no field of the footer.
    expect(text).toContain(`${name} · Invoice {date} · Page 1 of 1`);
    const part = await textOf('en-GB', { lines: [...outside, ...outside], prepaid: 30 });
    expect(part).toContain('Total 200.00 Already paid -30.00 Amount due €170.00');
    expect(text).not.toContain('VAT 0');
  });

  it('a sum below zero: is a credit note with positive amounts, its invoice named, and nothing to pay', async () => {
    const lines = [{ description: 'Return', quantity: -1, unitPrice: 99.99, vat: 25 }];
    const preceding = [{ number: 'R-1001', issued: '2026-09-30' }];
    const payment = { ...INVOICE_BASE.payment, terms: 'Net 14 days' };
    const text = await textOf('en-GB', { currency: 'NOK', lines, preceding, payment });
    expect(text).toContain('Credit note number R-1042');
    expect(text).toContain('Original invoice R-1001 (30 Sept 2026)');
    expect(text).toContain('Return 1 99.99 25% 99.99');
    expect(text).toContain('VAT 25% of 99.99 25.00');
    expect(text).toContain('Amount credited NOK 124.99');
    for (const part of ['Due date', 'IBAN', 'RF18', 'Net 14 days', '-99']) {
      expect(text).not.toContain(part);
    }
    const refund = { refundAccount: 'FR7630006000011234567890189' };
    expect(await textOf('en-GB', { lines, payment: refund })).toContain(
      'Refund to account FR76 3000 6000 0112 3456 7890 189',
    );
  });
});

describe('the code by which an invoice is paid', () => {
  const lines = [{ description: 'Beratung', unitPrice: '1803.65', vat: '8.1' }];
  const seller = { name: 'Max Muster & Söhne', address: ['Musterstrasse 12a'], postalCode: '8000', city: 'Seldwyla' };

  /** An invoice as it is drawn, and the codes that a scanner finds on its last page. */
  async function scan(locale: string, fields: object) {
    const { pages, result, pdf } = await draw({ template: 'invoice', locale, data: { ...INVOICE_BASE, ...fields } });
    expect(result.warnings).toEqual([]);
    const codes = await readCodes(await drawPage(pdf, pages.length, 150));
    return { pages, codes: codes.map(({ text }) => text.split('\n')) };
  }

  it('a SEPA transfer: name, IBAN, amount and reference', async () => {
    const { codes, pages } = await scan('de-DE', { lines, payment: { ...INVOICE_BASE.payment, qr: 'epc' } });
    const lead = ['BCD', '002', '1', 'SCT', '', 'Kaffeerösterei Nord GmbH', 'DE89370400440532013000'];
    expect(codes).toEqual([[...lead, 'EUR1949.75', '', 'RF18539007547034']]);
    expect(pages.at(-1)).toContain('Zum Bezahlen scannen');
    const payment = { account: 'DE89370400440532013000', bic: 'COBADEFFXXX', qr: 'epc' };
    const other = await scan('en-GB', { lines, payment, seller: { name: ' Kaffeerösterei\nNord GmbH' } });
    expect(other.codes[0]?.slice(4)).toEqual(['COBADEFFXXX', ...lead.slice(5), 'EUR1949.75', '', '', 'R-1042']);
  });

  it('a Swiss QR-bill: the slip stands at the foot of the last page, in place of its footer', async () => {
    const payment = { account: 'CH4431999123000889012', reference: '21 00000 00003 13947 14300 09017', qr: 'swiss' };
    const bill = { currency: 'CHF', seller: { ...seller, country: 'CH' }, payment, notes: 'Danke.', lines };
    const { codes, pages } = await scan('de-CH', bill);
    expect(codes).toEqual([
      [
        ...['SPC', '0200', '1', 'CH4431999123000889012', 'S', 'Max Muster & Söhne', 'Musterstrasse', '12a', '8000'],
        ...['Seldwyla', 'CH', '', '', '', '', '', '', '', '1949.75', 'CHF', 'S', 'Café du Port SARL'],
        ...['3 quai des Brumes', '', '76600', 'Le Havre', 'FR', 'QRR', '210000000003139471430009017'],
        ...['Rechnung R-1042', 'EPD'],
      ],
    ]);
    expect(pages).toHaveLength(1);
    for (const part of ['Danke.', 'Empfangsschein', '21 00000 00003 13947 14300 09017', '1 949.75', 'Annahmestelle']) {
      expect(pages[0]).toContain(part);
    }
    expect(pages[0]).not.toContain('Seite');
    const scor = { account: 'CH93 0076 2011 6238 5295 7', reference: 'RF18539007547034', qr: 'swiss' };
    const blank = await scan('fr-CH', { ...bill, currency: 'EUR', buyer: { name: 'Buyer' }, payment: scor });
    expect(blank.codes[0]?.slice(18)).toEqual([
      '1949.75',
      'EUR',
      '',
      '',
      '',
      '',
      '',
      '',
      '',
      'SCOR',
      'RF18539007547034',
      'Facture R-1042',
      'EPD',
    ]);
    expect(blank.pages[0]).toContain('Payable par (nom/adresse)');
    const many = Array.from({ length: 30 }, () => lines[0]);
    const reference = 'Si prega di indicare il numero cliente 4711 e il contratto 0815, inquilino 4 FINE';
    const name = `${'Amministrazione immobiliare '.repeat(2)}Rossi SA`;
    const address = ['c/o Huber', 'Via delle Scuole Nuove 12a', '8000 Seldwyla'];
    const long = await scan('it-CH', {
      ...{ ...bill, lines: many, payment: { account: scor.account, reference, qr: 'swiss' } },
      ...{ seller: { ...seller, name, address, country: 'XI' }, buyer: { ...seller, name, address, country: 'CH' } },
    });
    const [street, number] = ['Via delle Scuole Nuove', '12a'];
    expect(long.codes[0]?.slice(4, 11)).toEqual(['S', name, street, number, '8000', 'Seldwyla', 'GB']);
    expect(long.codes[0]?.slice(-4)).toEqual(['NON', '', `Fattura R-1042, ${reference}`, 'EPD']);
    expect(long.pages[0]).toContain('Pagina 1 di 2');
    const slip = long.pages[1]?.slice(long.pages[1].indexOf('Ricevuta')) ?? '';
    // Both parts have all of it.
    for (const [word, times] of Object.entries({ 'Rossi SA': 4, FINE: 1, 'Nuove 12a': 4, 'R-1042': 1, 'CH 8000': 0 })) {
      expect({ word, times: slip.split(word).length - 1 }).toEqual({ word, times });
    }
    expect(slip).not.toContain('Pagina 2');
  });
});
