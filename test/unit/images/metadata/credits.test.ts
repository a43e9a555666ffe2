import { describe, expect, it } from '@jest/globals';
import { describeNewPicture } from '../../../../workers/images/metadata/new-picture-xmp.ts';
import { readCredits } from '../../../../workers/images/metadata/read-credits.ts';
import { writeXmp } from '../../../../workers/images/metadata/xmp.ts';

/** An EXIF block whose first directory holds those texts by tag, in that byte order. */
function exifOf(texts: Record<number, Buffer>, isLittle = true): Buffer {
  const entries = Object.entries(texts);
  const tiff = Buffer.alloc(8 + 2 + 12 * entries.length + 4 + 200);
  const u16 = (value: number, at: number) => (isLittle ? tiff.writeUInt16LE(value, at) : tiff.writeUInt16BE(value, at));
  const u32 = (value: number, at: number) => (isLittle ? tiff.writeUInt32LE(value, at) : tiff.writeUInt32BE(value, at));
  tiff.write(isLittle ? 'II' : 'MM', 0, 'latin1');
  u16(42, 2);
  u32(8, 4);
  u16(entries.length, 8);
  let free = 8 + 2 + 12 * entries.length + 4;
  for (const [index, [tag, text]] of entries.entries()) {
    const at = 10 + 12 * index;
    u16(Number(tag), at);
    u16(2, at + 2);
    u32(text.length, at + 4);
    if (text.length <= 4) text.copy(tiff, at + 8);
    else {
      u32(free, at + 8);
      text.copy(tiff, free);
      free += text.length;
    }
  }
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
}

const iptcOf = (texts: [number, string][]) =>
  Buffer.concat(
    texts.map(([number, text]) => {
      const body = Buffer.from(text);
      return Buffer.concat([Buffer.from([0x1c, 2, number, body.length >> 8, body.length & 255]), body]);
    }),
  );

const ARTIST = 0x013b;
const COPYRIGHT = 0x8298;
const text = (words: string, encoding: BufferEncoding = 'utf8') => Buffer.from(`${words}\0`, encoding);

describe('whose picture it is', () => {
  it.each([true, false])('EXIF (little-endian: %s): copyright and artist', (isLittle) => {
    const exif = exifOf({ [ARTIST]: text('Kari Nordmann'), [COPYRIGHT]: text('Foto\0Redaksjon') }, isLittle);
    expect(readCredits({ exif })).toEqual({ copyright: 'Foto Redaksjon', artist: 'Kari Nordmann', credit: undefined });
  });

  it('EXIF: a text of up to four bytes, one in Latin-1, and one in UTF-8', () => {
    expect(readCredits({ exif: exifOf({ [ARTIST]: text('Bo') }) }).artist).toBe('Bo');
    expect(readCredits({ exif: exifOf({ [ARTIST]: text('Bjørn', 'latin1') }) }).artist).toBe('Bjørn');
    expect(readCredits({ exif: exifOf({ [ARTIST]: text('Bjørn') }) }).artist).toBe('Bjørn');
  });

  it('EXIF cut off anywhere, or made of anything: nothing is thrown', () => {
    const whole = exifOf({ [ARTIST]: text('Kari Nordmann'), [COPYRIGHT]: text('Acme AS') });
    for (let length = 0; length < whole.length; length += 1) readCredits({ exif: whole.subarray(0, length) });
    for (let at = 6; at < whole.length; at += 1) {
      const broken = Buffer.from(whole);
      broken[at] = 0xff;
      expect(Object.keys(readCredits({ exif: broken }))).toEqual(['copyright', 'artist', 'credit']);
    }
  });

  it('IPTC: copyright, all bylines, credit', () => {
    const iptc = iptcOf([
      [80, 'Kari'],
      [80, 'Ola'],
      [110, 'NTB'],
      [116, '© Acme'],
      [90, 'Oslo'],
    ]);
    expect(readCredits({ iptc })).toEqual({ copyright: '© Acme', artist: 'Kari, Ola', credit: 'NTB' });
    expect(readCredits({ iptc: iptc.subarray(0, 12) }).artist).toContain('Kari');
  });

  it('XMP: elements, lists and attributes; entities are read', () => {
    const xmp = Buffer.from(`<rdf:Description photoshop:Credit='A &lt;B&gt; &#xe6;'>
      <dc:creator><rdf:Seq><rdf:li>Kari</rdf:li><rdf:li>Ola</rdf:li></rdf:Seq></dc:creator>
      <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© A &amp; B</rdf:li>
      <rdf:li xml:lang="nb">nei</rdf:li></rdf:Alt></dc:rights>`);
    expect(readCredits({ xmp })).toEqual({ copyright: '© A & B', artist: 'Kari, Ola', credit: 'A <B> æ' });
  });

  it('XMP: a text without a list, in CDATA or beside a comment; the first of two of a kind counts', () => {
    const xmp = Buffer.from(`\ufeff<?xpacket begin=""?><r><dc:rights><![CDATA[A <B> & C]]></dc:rights>
      <dc:creator>Ka<!-- x -->ri</dc:creator><dc:creator>Ola</dc:creator>
      <photoshop:Credit>NTB</photoshop:Credit></r>`);
    expect(readCredits({ xmp })).toEqual({ copyright: 'A <B> & C', artist: 'Kari', credit: 'NTB' });
  });

  it('XMP that ends or breaks: what stands before that is read; entities of its own are not unfolded', () => {
    const creator = '<dc:creator>Kari</dc:creator>';
    for (const end of ['', '<', '</b>', '<a b', '&nonsense;<dc:rights>x</dc:rights>', '\0', '<!ENTITY']) {
      expect(readCredits({ xmp: Buffer.from(`<r>${creator}${end}`) })).toEqual({ artist: 'Kari' });
    }
    const bomb = `<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><r>${creator}<dc:rights>&b;</dc:rights></r>`;
    expect(readCredits({ xmp: Buffer.from(bomb) }).copyright ?? '').not.toContain('x');
  });

  it('several tell: XMP goes before IPTC, IPTC before EXIF, each for what it says', () => {
    const exif = exifOf({ [ARTIST]: text('from EXIF'), [COPYRIGHT]: text('from EXIF') });
    const iptc = iptcOf([[80, 'from IPTC']]);
    const xmp = Buffer.from('<photoshop:Credit>from XMP</photoshop:Credit>');
    expect(readCredits({ exif, iptc, xmp })).toEqual({
      copyright: 'from EXIF',
      artist: 'from IPTC',
      credit: 'from XMP',
    });
  });

  it('what is written as XMP: reads back the same, also with signs that XML uses itself', () => {
    const credits = { copyright: '© <A> & "B" \'C\'', artist: 'Kari Ødegård', credit: 'NTB' };
    expect(readCredits({ xmp: Buffer.from(writeXmp(credits) ?? '') })).toEqual(credits);
    expect(writeXmp({})).toBeUndefined();
  });

  it('a text cut in the middle of a character: still read as UTF-8', () => {
    const words = `x${'ø'.repeat(5000)}`;
    expect(readCredits({ iptc: iptcOf([[110, words]]) }).credit).toBe(words.slice(0, 2000));
  });

  it('a text without end: cut off', () => {
    expect(readCredits({ exif: exifOf({ [ARTIST]: text('x'.repeat(150)) }) }).artist).toHaveLength(150);
    const xmp = Buffer.from(`<photoshop:Credit>${'x'.repeat(9000)}</photoshop:Credit>`);
    expect(readCredits({ xmp }).credit).toHaveLength(2000);
  });
});

describe('XMP of a picture that was turned upright', () => {
  it.each([
    [`<r tiff:Orientation="6" tiff:Make="6"/>`, `<r tiff:Orientation="1" tiff:Make="6"/>`],
    [`<r tiff:Orientation = '8'/>`, `<r tiff:Orientation = '1'/>`],
    ['<r><tiff:Orientation> 3\n</tiff:Orientation></r>', '<r><tiff:Orientation> 1\n</tiff:Orientation></r>'],
    [
      '\ufeff<r a="🙂"\r\n b="é">🙂\r\n<b tiff:Orientation="2"/></r>',
      '\ufeff<r a="🙂"\r\n b="é">🙂\r\n<b tiff:Orientation="1"/></r>',
    ],
    [
      '<r><b tiff:Orientation="5"/><c tiff:Orientation="7"/></r>',
      '<r><b tiff:Orientation="1"/><c tiff:Orientation="1"/></r>',
    ],
  ])('%j: says so, nothing else is changed', (xmp, upright) => {
    expect(describeNewPicture(xmp)).toBe(upright);
  });

  it.each([
    '<r tiff:Orientation="1"/>',
    '<r><!-- tiff:Orientation="6" --></r>',
    '<r>tiff:Orientation="6"</r>',
    '<r><tiff:Orientation/>6</r>',
    '<r tiff:Orientation="16"/>',
  ])('%j: left as it is', (xmp) => {
    expect(describeNewPicture(xmp)).toBe(xmp);
  });

  it.each(['<r tiff:Orientation="6"', 'no XML', ''])('%j: is not kept', (xmp) => {
    expect(describeNewPicture(xmp)).toBe('<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>');
  });
});
