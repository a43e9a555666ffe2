import { addEInvoice } from '../../../workers/reports/einvoice/add-einvoice.ts';
import { composeReport } from '../../../workers/reports/render/compose.ts';
import type { ReportInput } from '../../../workers/reports/report-input.ts';

/** The XML that a request's invoice gets, with the words of English. */
export function writeEInvoice(input: Extract<ReportInput, { template: 'invoice' }>): string {
  const report = composeReport({ ...input, lang: 'en' }, new Date(0));
  const [xml] = addEInvoice(report, input.data, input.einvoice ?? 'factur-x').report.attachments;
  return xml?.content.toString() ?? '';
}
