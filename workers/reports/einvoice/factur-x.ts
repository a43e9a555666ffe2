import type { XmpExtension } from '../pdf/xmp.ts';

/** The name that the file of an e-invoice must have inside the PDF, by which programs find it. */
export const FACTUR_X_FILE = 'factur-x.xml';

/** The profile of Factur-X and ZUGFeRD that an invoice follows, as the XML names it. */
export const GUIDELINE = 'urn:cen.eu:en16931:2017';

/** What the PDF says of the e-invoice inside. */
export const FACTUR_X_METADATA: XmpExtension = {
  name: 'Factur-X PDFA Extension Schema',
  namespace: 'urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#',
  prefix: 'fx',
  properties: [
    { name: 'DocumentType', value: 'INVOICE', description: 'What the XML is' },
    { name: 'DocumentFileName', value: FACTUR_X_FILE, description: 'The name of the XML inside the PDF' },
    { name: 'Version', value: '1.0', description: 'The version of the schema of the XML' },
    { name: 'ConformanceLevel', value: 'EN 16931', description: 'The profile that the XML follows' },
  ],
};
