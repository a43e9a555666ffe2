import { zipTexts } from './zip.ts';

const NAMES = [
  ['office', 'office'],
  ['table', 'table'],
  ['text', 'text'],
  ['style', 'style'],
  ['number', 'datastyle'],
].map(([prefix, name]) => `xmlns:${prefix}="urn:oasis:names:tc:opendocument:xmlns:${name}:1.0"`);

export const ODS_TYPE = 'application/vnd.oasis.opendocument.spreadsheet';

/** The content of an ODS: its styles, and its tables as XML. */
export const odsContent = (tables: string, styles = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?><office:document-content ${NAMES.join(' ')}>` +
  `<office:automatic-styles>${styles}</office:automatic-styles>` +
  `<office:body><office:spreadsheet>${tables}</office:spreadsheet></office:body></office:document-content>`;

/** Makes an ODS; `parts` are added. */
export const makeOds = (tables: string, styles = '', parts: Record<string, string> = {}): Promise<Buffer> =>
  zipTexts({ mimetype: ODS_TYPE, 'content.xml': odsContent(tables, styles), ...parts });
