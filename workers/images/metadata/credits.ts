import type { Metadata } from 'sharp';

/** Whose picture it is, as far as its metadata says. */
export interface Credits {
  copyright?: string | undefined;
  artist?: string | undefined;
  credit?: string | undefined;
}

const MAX_LENGTH = 2000;
const EXIF_ARTIST = 0x013b;
const EXIF_COPYRIGHT = 0x8298;
const EXIF_TEXT = 2;
/** Datasets of IPTC's application record. */
const IPTC_BYLINE = 80;
const IPTC_CREDIT = 110;
const IPTC_COPYRIGHT = 116;

/** Finds copyright, artist and credit in XMP, IPTC or EXIF, in this order: EXIF knows no letters beyond ASCII. */
export function readCredits({ exif, xmp, iptc }: Pick<Metadata, 'exif' | 'xmp' | 'iptc'>): Credits {
  const found = [readXmp(xmp?.toString() ?? ''), iptc ? readIptc(iptc) : {}, exif ? readExif(exif) : {}];
  const first = (name: keyof Credits) => found.map((credits) => clean(credits[name])).find(Boolean);
  return { copyright: first('copyright'), artist: first('artist'), credit: first('credit') };
}

/** Without control characters (EXIF parts photographer and editor by a NUL), and no longer than a caption. */
function clean(text = ''): string {
  return text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
}

function readXmp(xmp: string): Credits {
  const element = (name: string) => new RegExp(`<${name}\\b[^>]*>([\\s\\S]*?)</${name}>`).exec(xmp)?.[1];
  const attribute = (name: string) => new RegExp(`\\b${name}\\s*=\\s*("[^"]*"|'[^']*')`).exec(xmp)?.[1]?.slice(1, -1);
  const items = (name: string) => {
    const inner = element(name);
    const list = [...(inner ?? '').matchAll(/<rdf:li\b[^>]*>([\s\S]*?)<\/rdf:li>/g)].map(([, text = '']) => text);
    return list.length > 0 ? list : [inner ?? ''];
  };
  return {
    // The first language stands for all of them.
    copyright: fromEntities(items('dc:rights')[0] ?? ''),
    artist: fromEntities(items('dc:creator').join(', ')),
    credit: fromEntities(attribute('photoshop:Credit') ?? element('photoshop:Credit') ?? ''),
  };
}

/** Walks the datasets: 0x1c, record, number, length in two bytes, text. */
function readIptc(iptc: Buffer): Credits {
  const found = new Map<number, string[]>();
  let at = iptc.indexOf(Buffer.from([0x1c, 2]));
  while (at >= 0 && at + 5 <= iptc.length && iptc[at] === 0x1c) {
    const end = at + 5 + iptc.readUInt16BE(at + 3);
    const number = iptc[at + 2] ?? 0;
    if (iptc[at + 1] === 2) found.set(number, [...(found.get(number) ?? []), toText(iptc.subarray(at + 5, end))]);
    at = end;
  }
  return {
    copyright: found.get(IPTC_COPYRIGHT)?.[0],
    artist: found.get(IPTC_BYLINE)?.join(', '),
    credit: found.get(IPTC_CREDIT)?.[0],
  };
}

/** Looks through the first directory of a TIFF structure; whatever points outside of it is passed over. */
function readExif(exif: Buffer): Credits {
  const tiff = exif.toString('latin1', 0, 4) === 'Exif' ? exif.subarray(6) : exif;
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.length);
  const number = (at: number) => (at + 4 <= tiff.length ? view.getUint32(at, isLittle) : tiff.length);
  const short = (at: number) => (at + 2 <= tiff.length ? view.getUint16(at, isLittle) : 0);
  const directory = number(4);
  const texts = new Map<number, string>();
  for (let index = 0; index < short(directory); index += 1) {
    const entry = directory + 2 + 12 * index;
    if (short(entry + 2) !== EXIF_TEXT) continue;
    const length = number(entry + 4);
    const start = length <= 4 ? entry + 8 : number(entry + 8);
    texts.set(short(entry), toText(tiff.subarray(start, start + length)));
  }
  return { copyright: texts.get(EXIF_COPYRIGHT), artist: texts.get(EXIF_ARTIST) };
}

/** UTF-8 where it is that, else Latin-1, as old programs wrote it. */
function toText(bytes: Buffer): string {
  const text = bytes.toString();
  return text.includes('\ufffd') ? bytes.toString('latin1') : text;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
const toEntities = (text: string) => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

function fromEntities(text: string): string {
  const named = Object.fromEntries(Object.entries(ENTITIES).map(([sign, entity]) => [entity, sign]));
  return text.replace(/&(?:amp|lt|gt|quot|apos);|&#(x?)([0-9a-fA-F]{1,6});/g, (entity, hex, digits) => {
    if (named[entity]) return named[entity];
    const code = Number.parseInt(digits, hex ? 16 : 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

/** The credits as an XMP packet; undefined when there are none. */
export function toXmp({ copyright, artist, credit }: Credits): string | undefined {
  if (!copyright && !artist && !credit) return undefined;
  const item = (text: string, language = '') => `<rdf:li${language}>${toEntities(text)}</rdf:li>`;
  const parts = [
    copyright && `<dc:rights><rdf:Alt>${item(copyright, ' xml:lang="x-default"')}</rdf:Alt></dc:rights>`,
    artist && `<dc:creator><rdf:Seq>${item(artist)}</rdf:Seq></dc:creator>`,
    credit && `<photoshop:Credit>${toEntities(credit)}</photoshop:Credit>`,
  ];
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">',
    parts.filter(Boolean).join(''),
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>',
  ].join('');
}
