import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pino } from 'pino';
import { defaultConfig } from '../../../workers/config.ts';
import { reports } from '../../../workers/reports/job.ts';
import { createProcessor } from '../../../workers/reports/processor.ts';
import { ANY_INVOICE } from '../../support/einvoice/any-invoice.ts';
import { EINVOICES, einvoiceOf, toXRechnung } from '../../support/einvoice/cases.ts';
import { readCii, schemaFaults } from '../../support/einvoice/cii.ts';
import { brokenRules } from '../../support/einvoice/rules.ts';
import { writeEInvoice } from '../../support/einvoice/write.ts';
import { brokenXRechnungRules } from '../../support/einvoice/xrechnung-rules.ts';
import { pdfaFaults } from '../../support/pdf/pdfa-checklist.ts';
import { type CalculatedFields, calculateInvoice } from '../../support/reports/invoice-calculation.ts';
import { INVOICE_BASE } from '../../support/reports/invoices.ts';
import { checkPdf, openBench, readPages } from '../../unit/reports/bench.ts';

// biome-ignore lint/style/noProcessEnv: what a run by hand is told: FUZZ_COUNT=5000 FUZZ_SEED=7 npm test -- test/long/reports/einvoice
const { FUZZ_COUNT = '500', FUZZ_SEED = '1' } = process.env;

const run = promisify(execFile);
const processor = createProcessor({ config: defaultConfig(), log: pino({ level: 'silent' }) });
afterAll(() => processor.close?.());

/** Draws an invoice, and answers what is printed, and the XML inside. */
async function draw(fields: Record<string, unknown>): Promise<{ text: string; xml: string; faults: string[] }> {
  const bench = await openBench(fields);
  try {
    await processor.process(bench.job, bench.context);
    const pdf = bench.path('report.pdf');
    await checkPdf(pdf);
    await run('pdfdetach', ['-save', '1', '-o', `${pdf}.xml`, pdf]);
    const text = (await readPages(pdf)).join(' ').replaceAll(/\s+/g, ' ');
    return { text, xml: await readFile(`${pdf}.xml`, 'utf8'), faults: await pdfaFaults(pdf) };
  } finally {
    await bench.remove();
  }
}

/** An amount of the XML as it is printed in English. */
function printed(amount: string | undefined): string {
  const [whole = '', decimals] = (amount ?? '').replace('-', '').split('.');
  const grouped = whole.replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ',');
  return decimals === undefined ? grouped : `${grouped}.${decimals}`;
}

const SUMS = '//SpecifiedTradeSettlementHeaderMonetarySummation';

describe('e-invoices of every sort', () => {
  it.each(EINVOICES)('$what: valid, within the rules, in a PDF/A-3b that has the same amounts printed', async (one) => {
    const { text, xml, faults } = await draw(einvoiceOf(one.data));
    expect(schemaFaults(xml)).toEqual([]);
    expect(brokenRules(xml)).toEqual([]);
    expect(faults).toEqual([]);
    const cii = readCii(xml);
    expect(cii.text(`${SUMS}/DuePayableAmount`)).toBe(one.due);
    expect(text).toContain(printed(one.due));
    for (const vat of cii.parts('//ApplicableHeaderTradeSettlement/ApplicableTradeTax')) {
      expect(text).toContain(printed(vat.text('BasisAmount')));
      // What is not subject to VAT has none on paper.
      if (vat.text('CategoryCode') !== 'O') expect(text).toContain(printed(vat.text('CalculatedAmount')));
    }
  });

  it('as XRechnungen, completed to them: keep its rules, valid, and come to the same', () => {
    // What is outside of VAT can be none.
    const sorts = EINVOICES.filter(({ what }) => what !== 'outside the scope of VAT');
    for (const { what, data, due } of sorts) {
      const input = reports.input.parse({ ...einvoiceOf(toXRechnung(data)), einvoice: 'xrechnung' });
      const xml = input.template === 'invoice' ? writeEInvoice(input) : '';
      const faults = [...schemaFaults(xml), ...brokenRules(xml), ...brokenXRechnungRules(xml)];
      expect([what, faults, readCii(xml).text(`${SUMS}/DuePayableAmount`)]).toEqual([what, [], due]);
    }
  });

  it.each(['nb-NO', 'fr-CH', 'ja-JP', 'ar'])('in %s: the XML has the same numbers as in English', async (locale) => {
    const { data } = EINVOICES.find(({ what }) => what === 'discounts and charges together') ?? {};
    const [own, english] = [await draw({ ...einvoiceOf(data ?? {}), locale }), await draw(einvoiceOf(data ?? {}))];
    expect(own.xml).toBe(english.xml);
    expect(own.faults).toEqual([]);
  });

  it('5,000 lines: valid, and within the rules', () => {
    const lines = Array.from({ length: 5000 }, (_, index) => ({
      description: `Line ${index}`,
      quantity: index % 7,
      unitPrice: `${index}.${String(index).padStart(4, '0')}`,
      vat: [19, 7, 0][index % 3],
    }));
    const xml = write({ ...INVOICE_BASE, lines });
    expect(schemaFaults(xml)).toEqual([]);
    expect(brokenRules(xml)).toEqual([]);
  });
});

describe('the checklist of PDF/A-3b', () => {
  it('a file of no standard: does not meet it', async () => {
    const bench = await openBench({ data: { title: 'T' }, attachments: [{ filename: 'a.csv', content: '' }] });
    await processor.process(bench.job, bench.context);
    const faults = await pdfaFaults(bench.path('report.pdf'));
    expect(faults).toEqual(expect.arrayContaining(['6.2.3 one output intent', '6.6.4 the standard']));
    await bench.remove();
  });
});

function write(data: object): string {
  const input = reports.input.parse(einvoiceOf(data));
  if (input.template !== 'invoice') throw new Error('it is no invoice');
  return writeEInvoice(input);
}

describe('any invoice', () => {
  it('its XML: is valid, within the rules, and comes to what the formulas of the norm come to', () => {
    fc.assert(
      fc.property(ANY_INVOICE, (data) => {
        const xml = write(data);
        expect(schemaFaults(xml)).toEqual([]);
        expect(brokenRules(xml)).toEqual([]);
        const cii = readCii(xml);
        const sums = calculateInvoice(data as unknown as CalculatedFields);
        expect({
          isCredit: cii.text('//ExchangedDocument/TypeCode') === '381',
          net: cii.text(`${SUMS}/TaxBasisTotalAmount`),
          vat: cii.text(`${SUMS}/TaxTotalAmount`),
          total: cii.text(`${SUMS}/GrandTotalAmount`),
          due: cii.text(`${SUMS}/DuePayableAmount`),
        }).toEqual(sums);
      }),
      { numRuns: Number(FUZZ_COUNT), seed: Number(FUZZ_SEED) },
    );
  });

  it('its paper: has the sums of its XML', async () => {
    const samples = fc.sample(ANY_INVOICE, { numRuns: 12, seed: Number(FUZZ_SEED) });
    for (const fields of samples) {
      const { text, xml, faults } = await draw(einvoiceOf(fields));
      expect(faults).toEqual([]);
      const cii = readCii(xml);
      for (const sum of ['TaxBasisTotalAmount', 'DuePayableAmount']) {
        expect(text).toContain(printed(cii.text(`${SUMS}/${sum}`)));
      }
    }
  });
});
