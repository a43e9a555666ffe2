import type { Report } from '../model.ts';
import type { Attachment } from '../pdf/attach.ts';
import type { InvoiceData } from '../templates/invoice/data.ts';
import { writeCii } from './document.ts';
import { FACTUR_X_FILE, FACTUR_X_METADATA } from './factur-x.ts';

/** Puts an invoice for programs into its report, which becomes one of PDF/A-3b that says what is inside. */
export function addEInvoice(report: Report, data: InvoiceData): Report {
  const xml: Attachment = {
    filename: FACTUR_X_FILE,
    type: 'text/xml',
    description: 'Factur-X/ZUGFeRD',
    // What it says is what is printed.
    relationship: 'Alternative',
    content: Buffer.from(writeCii(data, report.lang)),
  };
  return {
    ...report,
    profile: 'PDF/A-3b',
    xmpExtension: FACTUR_X_METADATA,
    attachments: [xml, ...report.attachments],
  };
}
