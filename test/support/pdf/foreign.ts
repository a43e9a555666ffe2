import { buffer } from 'node:stream/consumers';
import { deflateSync } from 'node:zlib';
import PDFDocument from 'pdfkit';

/** A PDF of somebody else: two pages of A5, the second turned, with a form, links, a side bar and tags of its own. */
export function drawForeignPdf(): Promise<Buffer> {
  const doc = new PDFDocument({ size: 'A5', tagged: true, compress: true, info: { CreationDate: new Date(0) } });
  const whole = buffer(doc);
  doc.font('Helvetica').initForm();
  doc.addStructure(doc.struct('P', {}, () => void doc.text('Foreign first')));
  doc.formText('name', 50, 100, 200, 30, { value: 'Kari' });
  doc.text('Web', 50, 200, { link: 'https://foreign.example/' });
  doc.addPage({ size: 'A5' });
  (doc.page.dictionary as unknown as { data: Record<string, unknown> }).data['Rotate'] = 90;
  doc.addStructure(doc.struct('P', {}, () => void doc.text('Foreign second')));
  doc.outline.addItem('Foreign');
  doc.end();
  return whole;
}

/** A PDF of these objects, of which the first is its catalog. */
export function writePdf(objects: (string | Buffer)[]): Buffer {
  const parts = [Buffer.from('%PDF-1.5\n')];
  let at = 9;
  const places = objects.map((object, index) => {
    const place = at;
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), Buffer.from(object), Buffer.from('\nendobj\n')]);
    parts.push(part);
    at += part.length;
    return `${String(place).padStart(10, '0')} 00000 n \n`;
  });
  const size = objects.length + 1;
  const table = `xref\n0 ${size}\n0000000000 65535 f \n${places.join('')}`;
  return Buffer.concat([
    ...parts,
    Buffer.from(`${table}trailer\n<< /Root 1 0 R /Size ${size} >>\nstartxref\n${at}\n%%EOF\n`),
  ]);
}

const CATALOG = '<< /Type /Catalog /Pages 2 0 R >>';
const PAGE = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] >>';
const pagesOf = (kids: string, count: number) => `<< /Type /Pages /Kids [${kids}] /Count ${count} >>`;

/** PDFs that mean harm, or no good, and what is said of each. */
export const HOSTILE_PDFS: Readonly<Record<string, { make: () => Buffer; fault: RegExp }>> = {
  'a tree of pages that is its own branch': {
    make: () => writePdf([CATALOG, pagesOf('2 0 R', 1)]),
    fault: /is damaged/,
  },
  'a tree of pages that doubles thirty times': {
    make: () => {
      const branches = Array.from({ length: 30 }, (_, index) => pagesOf(`${index + 3} 0 R ${index + 3} 0 R`, 2));
      return writePdf([CATALOG, ...branches, '<< /Type /Page /MediaBox [0 0 1 1] >>']);
    },
    fault: /is damaged|has [\d,]+ pages|needs too much memory/,
  },
  'lists inside lists': {
    make: () =>
      writePdf([
        `${CATALOG.slice(0, -2)}/X ${'['.repeat(100_000)}${']'.repeat(100_000)} >>`,
        pagesOf('3 0 R', 1),
        PAGE,
      ]),
    fault: /is damaged/,
  },
  'no page': { make: () => writePdf([CATALOG, pagesOf('', 0)]), fault: /has no pages/ },
  'a page a hundred thousand times': {
    make: () => writePdf([CATALOG, pagesOf('3 0 R '.repeat(100_000), 100_000), PAGE]),
    fault: /has 100,000 pages, more than the report may have/,
  },
};

/** A table of objects that is a gigabyte once it is unpacked. */
export function makeTableBomb(): Buffer {
  const rows = deflateSync(Buffer.alloc(1_000_000_000), { level: 9 });
  const head = `1 0 obj\n<< /Type /XRef /Size 250000000 /W [1 2 1] /Root 2 0 R /Filter /FlateDecode /Length ${rows.length} >>\nstream\n`;
  return Buffer.concat([
    Buffer.from(`%PDF-1.5\n${head}`),
    rows,
    Buffer.from('\nendstream\nendobj\nstartxref\n9\n%%EOF\n'),
  ]);
}
