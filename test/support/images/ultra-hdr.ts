import sharp, { type Sharp } from 'sharp';

/** Bytes of a gain map, a quadrant each: top left, top right, bottom left, bottom right. */
export const GAINS = [0, 80, 160, 250] as const;

const segment = (marker: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(body.length + 2, 2);
  return Buffer.concat([head, body]);
};

const xmpSegment = (attributes: string, inner = '') =>
  segment(
    0xe1,
    Buffer.from('http://ns.adobe.com/xap/1.0/\0'),
    Buffer.from(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description ` +
        `rdf:about="" xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" ${attributes}>${inner}` +
        '</rdf:Description></rdf:RDF></x:xmpmeta>',
    ),
  );

/** An entry of a TIFF directory. */
function entry(tag: number, type: number, count: number, value: number | string): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(tag, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.writeUInt32LE(count, 4);
  if (typeof value === 'string') bytes.write(value, 8, 'latin1');
  else bytes.writeUInt32LE(value, 8);
  return bytes;
}

/**
 * Makes an Ultra HDR JPEG of a picture, as phones write it: the picture, behind it a gain map of half its sides (`GAINS`), and
 * what ties them together (XMP, MPF).
 */
export async function ultraHdr(picture: Sharp, quality = 95): Promise<Buffer> {
  const base = await picture.jpeg({ quality }).toBuffer();
  const { width, height } = await sharp(base).metadata();
  const [columns, rows] = [Math.round(width / 2), Math.round(height / 2)];
  const gains = Buffer.from({ length: columns * rows } as ArrayLike<number>);
  for (let at = 0; at < gains.length; at += 1) {
    const [x, y] = [at % columns, Math.floor(at / columns)];
    gains[at] = GAINS[(y < rows / 2 ? 0 : 2) + (x < columns / 2 ? 0 : 1)] ?? 0;
  }
  const drawn = sharp(gains, { raw: { width: columns, height: rows, channels: 1 } }).toColourspace('b-w');
  const plain = await drawn.jpeg({ quality: 95 }).toBuffer();
  const figures =
    'GainMapMin="0" GainMapMax="2" Gamma="1" OffsetSDR="0.015625" OffsetHDR="0.015625" HDRCapacityMin="0"';
  const told = `${figures} HDRCapacityMax="2" BaseRenditionIsHDR="False"`.replace(/(\w+)=/g, 'hdrgm:$1=');
  const map = Buffer.concat([plain.subarray(0, 2), xmpSegment(told), plain.subarray(2)]);
  const item = (semantic: string, length = '') =>
    `<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="${semantic}" Item:Mime="image/jpeg"${length}/></rdf:li>`;
  const directory = `${item('Primary')}${item('GainMap', ` Item:Length="${map.length}"`)}`;
  const xmp = xmpSegment(
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" xmlns:Item="http://ns.google.com/photos/1.0/container/item/"',
    `<Container:Directory><rdf:Seq>${directory}</rdf:Seq></Container:Directory>`,
  );
  const mpfBytes = 8 + 82;
  const total = base.length + xmp.length + mpfBytes;
  const pictures = Buffer.alloc(32);
  for (const [index, value] of [0x030000, total, 0, 0, 0, map.length, total - (2 + xmp.length + 8), 0].entries()) {
    pictures.writeUInt32LE(value, 4 * index);
  }
  const mpf = segment(
    0xe2,
    Buffer.from('MPF\0II*\0\x08\0\0\0\x03\0', 'latin1'),
    entry(0xb000, 7, 4, '0100'),
    entry(0xb001, 4, 1, 2),
    entry(0xb002, 7, 32, 50),
    Buffer.alloc(4),
    pictures,
  );
  return Buffer.concat([base.subarray(0, 2), xmp, mpf, base.subarray(2), map]);
}
