import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { create, type Font } from 'fontkit';
import PDFDocument from 'pdfkit';
import sharp from 'sharp';
import {
  addParsedFont,
  documentPageOf,
  imageSourceOf,
  internalsOf,
  outlineOf,
  setDash,
} from '../../../../workers/reports/pdf/pdfkit-internals.ts';

const require = createRequire(import.meta.url);
const FONT = require.resolve('@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf');
const openDocument = (autoFirstPage = true) =>
  new PDFDocument({ compress: false, font: '', autoFirstPage, size: [200, 300], margin: 0, pdfVersion: '1.7' });

/** Ends a document and reads its file as Latin-1; `push` hands on its pieces. */
function finish(doc: PDFKit.PDFDocument): string {
  const pieces: Uint8Array[] = [];
  for (let piece = doc.read(); piece !== null; piece = doc.read()) pieces.push(piece);
  let isEnded = false;
  internalsOf(doc).push = (piece) => {
    if (piece) pieces.push(piece);
    else isEnded = true;
    return true;
  };
  doc.end();
  expect(isEnded).toBe(true);
  return Buffer.concat(pieces).toString('latin1');
}

describe('the inner fields of the installed pdfkit', () => {
  it('package.json: pins pdfkit, fontkit, harfbuzzjs and sharp to the versions that are installed', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const name of ['pdfkit', 'fontkit', 'harfbuzzjs', 'sharp']) {
      const { version } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8'));
      expect({ [name]: dependencies[name] }).toEqual({ [name]: version });
    }
  });

  it('push: gets the file piece by piece, then null', () => {
    const file = finish(openDocument());
    expect(file.startsWith('%PDF-1.7')).toBe(true);
    expect(file.trimEnd().endsWith('%%EOF')).toBe(true);
  });

  it('ref, data, compress, write, end: make an object with a stream, whose entries may still change', () => {
    const doc = openDocument();
    const object = internalsOf(doc).ref({ Type: 'Own' });
    object.compress = false;
    object.data['More'] = new String('text');
    object.write('first');
    object.write(Buffer.from('second'));
    expect(Buffer.concat(object.buffer).toString()).toBe('first\nsecond');
    object.end(Buffer.from('third'));
    expect(finish(doc)).toMatch(
      /<<\n\/Type \/Own\n\/More \(text\)\n\/Length 17\n>>\nstream\nfirst\nsecondthird\nendstream/,
    );
  });

  it('_root: is the catalog, with the name trees below Names', () => {
    const doc = openDocument();
    const { _root: root } = internalsOf(doc);
    expect(root.data['Type']).toBe('Catalog');
    root.data['Own'] = 'Entry';
    root.data.Names.data['OwnTree'] = { Names: [new String('0001')] };
    const file = finish(doc);
    expect(file).toMatch(/\/Type \/Catalog[^>]*\/Own \/Entry/);
    expect(file).toMatch(/\/OwnTree <<\n\/Names \[\(0001\)\]\n>>/);
  });

  it('page: has its size, object, resources and stream, which begins with the turn of its coordinates', () => {
    const doc = openDocument();
    const page = documentPageOf(doc);
    expect(page).toMatchObject({ width: 200, height: 300 });
    expect(page.dictionary.data).toMatchObject({ Type: 'Page', MediaBox: [0, 0, 200, 300] });
    expect(Buffer.concat(page.content.buffer).toString()).toBe('1 0 0 -1 0 300 cm\n');
    page.write('/Own Do');
    const resources = {
      font: internalsOf(doc).ref({ Type: 'OwnFont' }),
      form: internalsOf(doc).ref({ Type: 'OwnForm' }),
    };
    page.fonts['F9'] = resources.font;
    page.xobjects['Own'] = resources.form;
    resources.font.end();
    resources.form.end();
    page.dictionary.data['StructParents'] = 7;
    const file = finish(doc);
    expect(file).toContain('1 0 0 -1 0 300 cm\n/Own Do\n');
    expect(file).toMatch(/\/Font <<\n\/F9 \d+ 0 R\n>>/);
    expect(file).toMatch(/\/XObject <<\n\/Own \d+ 0 R\n>>/);
    expect(file).toMatch(/\/Type \/Page\n[^>]*\/StructParents 7/);
  });

  it('page.end: is called when the next page begins, and writes the page', () => {
    const doc = openDocument();
    const page = documentPageOf(doc);
    const { end } = page;
    let ends = 0;
    page.end = () => {
      ends += 1;
    };
    doc.addPage();
    expect(ends).toBe(1);
    expect(page.content.buffer.length).toBeGreaterThan(0);
    end.call(page);
    expect(page.content.buffer).toEqual([]);
  });

  it('page: may be another page, or a form without an object of its own, while it is drawn on', () => {
    const doc = openDocument();
    const inner = internalsOf(doc);
    const written: string[] = [];
    const last = inner.page;
    inner.page = { width: 200, height: 300, fonts: {}, xobjects: {}, write: (content) => written.push(content) };
    doc.addContent('q Q');
    doc.rect(1, 2, 3, 4).fill();
    inner.page = last;
    expect(written).toEqual(['q Q', '1 2 3 4 re', 'f']);
  });

  it('annotations: end with the one that was added last', () => {
    const doc = openDocument();
    doc.annotate(1, 2, 3, 4, { Subtype: 'Link', Contents: 'words' } as PDFKit.Mixins.AnnotationOption);
    const added = documentPageOf(doc).annotations.at(-1);
    expect(added).toMatchObject({ data: { Subtype: 'Link', Rect: [1, 294, 4, 298] } });
  });

  it('_ctm: turns the coordinates of the present page, and is given back by restore', () => {
    const doc = openDocument();
    const inner = internalsOf(doc);
    expect(inner._ctm).toEqual([1, 0, 0, -1, 0, 300]);
    doc.save().translate(5, 6);
    expect(inner._ctm).toEqual([1, 0, 0, -1, 5, 294]);
    doc.restore();
    expect(inner._ctm).toEqual([1, 0, 0, -1, 0, 300]);
    inner._ctm = [1, 0, 0, -1, 0, 150];
    doc.annotate(1, 2, 3, 4, {});
    expect(documentPageOf(doc).annotations.at(-1)).toMatchObject({ data: { Rect: [1, 144, 4, 148] } });
  });

  it('_font: is the font that was added, whose lists by character code are written', () => {
    const doc = openDocument();
    const parsed = create(readFileSync(FONT)) as Font;
    const font = addParsedFont(doc, 'own name', parsed);
    expect(font).toMatchObject({ id: 'F1', subset: { glyphs: [0] }, unicode: [[0]] });
    expect(internalsOf(doc)._font).toBe(font);
    const glyph = parsed.glyphForCodePoint(0x41);
    const code = font.subset.glyphs.push(glyph.id) - 1;
    font.widths[code] = 777;
    font.unicode[0] = [0xfffd];
    font.unicode[code] = [0x42, 0x43];
    documentPageOf(doc).fonts[font.id] = font.ref();
    doc.addContent('BT /F1 9 Tf <0001> Tj ET');
    const file = finish(doc);
    expect(file).toMatch(/\/W \[0 \[[\d.]+ 777\]\]/);
    expect(file).toContain('[<fffd> <0042 0043>]');
  });

  it('_security: gives the function that each object is encrypted with, and is named by the trailer', () => {
    const doc = openDocument();
    const inner = internalsOf(doc);
    expect(inner._security).toBeNull();
    const dictionary = inner.ref({ Filter: 'Own' });
    let ends = 0;
    inner._security = {
      dictionary,
      getEncryptFn: () => () => Buffer.from('secret'),
      end() {
        ends += 1;
        dictionary.end();
      },
    };
    inner.ref({ Text: new String('plain') }).end();
    const file = finish(doc);
    expect(ends).toBe(1);
    expect(file).toContain('/Text (secret)');
    expect(file).toMatch(/trailer\n<<[\s\S]*\/Encrypt \d+ 0 R/);
  });

  it('endMetadata: is called once, at the end', () => {
    const doc = openDocument();
    let calls = 0;
    internalsOf(doc).endMetadata = () => {
      calls += 1;
    };
    doc.addPage();
    expect(calls).toBe(0);
    expect(finish(doc)).not.toContain('xpacket');
    expect(calls).toBe(1);
  });

  it('openImage: opens a PNG with its packed pixels, which become null when they are in the file', async () => {
    const doc = openDocument();
    const create = { width: 4, height: 2, channels: 4 as const, background: '#f008' };
    const image = internalsOf(doc).openImage(await sharp({ create }).png().toBuffer());
    expect(image).toMatchObject({ width: 4, height: 2, image: { bits: 8, pixelBitlength: 32, interlaceMethod: 0 } });
    expect(image.image?.imgData.length).toBeGreaterThan(0);
    image.embed(doc);
    while (image.image) await new Promise((resolve) => setImmediate(resolve));
    expect(image.image).toBeNull();
    doc.image(imageSourceOf(image), 0, 0, { width: 4, height: 2 });
    expect(finish(doc)).toMatch(/\/Subtype \/Image/);
  });

  it('openImage: opens a JPEG with its orientation and its colours, and throws for what is neither', async () => {
    const inner = internalsOf(openDocument());
    const create = { width: 4, height: 2, channels: 3 as const, background: '#f00' };
    const rgb = await sharp({ create }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const cmyk = await sharp({ create }).toColourspace('cmyk').jpeg().toBuffer();
    expect(inner.openImage(rgb)).toMatchObject({ width: 4, height: 2, orientation: 6, colorSpace: 'DeviceRGB' });
    expect(inner.openImage(cmyk)).toMatchObject({ orientation: 1, colorSpace: 'DeviceCMYK' });
    expect(() => inner.openImage(Buffer.from('GIF89a'))).toThrow();
  });

  it('outlineData, children: are an entry of the side bar, and the entries below it', () => {
    const doc = openDocument();
    const item = doc.outline.addItem('One');
    item.addItem('Two');
    expect([outlineOf(doc.outline).children.length, outlineOf(item).children.length]).toEqual([1, 1]);
    outlineOf(item).outlineData['Dest'] = [documentPageOf(doc).dictionary, 'XYZ', null, 250, null];
    const file = finish(doc);
    expect(file).toMatch(/\/Dest \[\d+ 0 R \/XYZ null 250 null\]/);
    expect(file).toContain('/Title (One)');
  });

  it('dash: takes a list of lengths', () => {
    const doc = openDocument();
    setDash(doc, [6, 2.5]);
    expect(finish(doc)).toContain('[6 2.5] 0 d');
  });
});
