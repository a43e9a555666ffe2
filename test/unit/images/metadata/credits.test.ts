import { describe, expect, it } from '@jest/globals';
import { readCredits, toXmp } from '../../../../workers/images/metadata/credits.ts';

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
      <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© A &amp; B</rdf:li><rdf:li xml:lang="nb">nei</rdf:li></rdf:Alt></dc:rights>`);
    expect(readCredits({ xmp })).toEqual({ copyright: '© A & B', artist: 'Kari, Ola', credit: 'A <B> æ' });
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
    expect(readCredits({ xmp: Buffer.from(toXmp(credits) ?? '') })).toEqual(credits);
    expect(toXmp({})).toBeUndefined();
  });

  it('a text without end: cut off', () => {
    expect(readCredits({ exif: exifOf({ [ARTIST]: text('x'.repeat(150)) }) }).artist).toHaveLength(150);
    const xmp = Buffer.from(`<photoshop:Credit>${'x'.repeat(9000)}</photoshop:Credit>`);
    expect(readCredits({ xmp }).credit).toHaveLength(2000);
  });
});
