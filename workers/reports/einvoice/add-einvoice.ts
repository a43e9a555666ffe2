import type { Report } from '../model.ts';
import type { Attachment } from '../pdf/attach.ts';
import type { InvoiceData } from '../templates/invoice/data.ts';
import { writeCii } from './document.ts';
import { type EInvoice, PROFILES } from './profiles.ts';
import { addressParties } from './xrechnung.ts';

/** A report with the invoice for programs inside, and the XML where it is a file of its own too. */
export interface EInvoicedReport {
  report: Report;
  beside: Buffer | undefined;
}

/** Puts an invoice for programs into its report, which becomes one of PDF/A-3b that says what is inside. */
export function addEInvoice(report: Report, data: InvoiceData, einvoice: EInvoice): EInvoicedReport {
  const profile = PROFILES[einvoice];
  const content = Buffer.from(writeCii(profile.isBeside ? addressParties(data) : data, report.lang, profile));
  const xml: Attachment = {
    filename: profile.file,
    type: 'text/xml',
    description: profile.description,
    // What it says is what is printed.
    relationship: 'Alternative',
    content,
  };
  const whole: Report = {
    ...report,
    profile: 'PDF/A-3b',
    xmpExtension: profile.metadata,
    attachments: [xml, ...report.attachments],
  };
  return { report: whole, beside: profile.isBeside ? content : undefined };
}
