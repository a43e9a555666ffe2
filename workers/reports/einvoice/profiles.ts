import type { XmpExtension } from '../pdf/xmp.ts';

/** What invoices may be for programs, beside the PDF. */
export const EINVOICES = ['factur-x', 'xrechnung'] as const;
export type EInvoice = (typeof EINVOICES)[number];

/** What an e-invoice follows, and what is said of it. */
export interface EInvoiceProfile {
  /** BT-24: the rules that the XML keeps to. */
  guideline: string;
  /** BT-23: the process that it is a part of. */
  process?: string;
  /** The name that the XML must have inside the PDF, by which programs find it. */
  file: string;
  /** What the PDF says of it. */
  description: string;
  metadata: XmpExtension;
  /** Whether the XML is a file beside the PDF too, as its receivers want it. */
  isBeside: boolean;
}

const EN_16931 = 'urn:cen.eu:en16931:2017';

/** What the PDF says of the e-invoice inside, in the words of Factur-X. */
const metadataOf = (file: string, level: string): XmpExtension => ({
  name: 'Factur-X PDFA Extension Schema',
  namespace: 'urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#',
  prefix: 'fx',
  properties: [
    { name: 'DocumentType', value: 'INVOICE', description: 'What the XML is' },
    { name: 'DocumentFileName', value: file, description: 'The name of the XML inside the PDF' },
    { name: 'Version', value: '1.0', description: 'The version of the schema of the XML' },
    { name: 'ConformanceLevel', value: level, description: 'The profile that the XML follows' },
  ],
});

/** The profiles by their names. */
export const PROFILES: Readonly<Record<EInvoice, EInvoiceProfile>> = {
  'factur-x': {
    guideline: EN_16931,
    file: 'factur-x.xml',
    description: 'Factur-X/ZUGFeRD',
    metadata: metadataOf('factur-x.xml', 'EN 16931'),
    isBeside: false,
  },
  xrechnung: {
    guideline: `${EN_16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0`,
    process: 'urn:fdc:peppol.eu:2017:poacc:billing:01:1.0',
    file: 'xrechnung.xml',
    description: 'XRechnung',
    metadata: metadataOf('xrechnung.xml', 'XRECHNUNG'),
    isBeside: true,
  },
};
