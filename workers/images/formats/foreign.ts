import { toLatin1 } from './latin1.ts';
import { passProlog } from './prolog.ts';

/** What a file is that is no picture of a format taken, and what may be done about it. */
export interface Foreign {
  what: string;
  advice?: string;
}

const EXPORT = 'Export it as JPEG or PNG.';
/** What is said of camera raw files. */
export const RAW = 'Send a JPEG made of it: cameras keep a small preview alone in such files.';
const VIDEO = 'Send a picture of it.';

/** By the first bytes. */
const SIGNATURES: readonly [start: string, Foreign][] = [
  ['%!PS', { what: 'a PostScript or EPS file', advice: EXPORT }],
  ['\xc5\xd0\xd3\xc6', { what: 'an EPS file', advice: EXPORT }],
  ['8BPS', { what: 'a Photoshop file', advice: EXPORT }],
  ['gimp xcf', { what: 'a GIMP file', advice: EXPORT }],
  ['\0\0\x02\0', { what: 'a cursor (CUR)', advice: EXPORT }],
  ['\xff\x0a', { what: 'a JPEG XL image', advice: EXPORT }],
  ['\0\0\0\x0cJXL ', { what: 'a JPEG XL image', advice: EXPORT }],
  ['\0\0\0\x0cjP  \r\n\x87\n', { what: 'a JPEG 2000 image', advice: EXPORT }],
  ['\xff\x4f\xff\x51', { what: 'a JPEG 2000 image', advice: EXPORT }],
  ['\x76\x2f\x31\x01', { what: 'an OpenEXR image', advice: EXPORT }],
  ['#?RADIANCE', { what: 'a Radiance HDR image', advice: EXPORT }],
  ['FUJIFILMCCD-RAW', { what: 'a camera raw file (RAF)', advice: RAW }],
  ['IIU\0', { what: 'a camera raw file (RW2)', advice: RAW }],
  ['IIRO', { what: 'a camera raw file (ORF)', advice: RAW }],
  ['IIRS', { what: 'a camera raw file (ORF)', advice: RAW }],
  ['MMOR', { what: 'a camera raw file (ORF)', advice: RAW }],
  ['FOVb', { what: 'a camera raw file (X3F)', advice: RAW }],
  ['PK\x03\x04', { what: 'a ZIP archive', advice: 'Send its files one by one.' }],
  ['Rar!', { what: 'a RAR archive', advice: 'Send its files one by one.' }],
  ['7z\xbc\xaf\x27\x1c', { what: 'a 7z archive', advice: 'Send its files one by one.' }],
  ['\x1f\x8b', { what: 'a file compressed by gzip', advice: 'Send it unpacked.' }],
  ['\xd0\xcf\x11\xe0', { what: 'a document of Microsoft Office', advice: EXPORT }],
  ['\x1a\x45\xdf\xa3', { what: 'a WebM or Matroska video', advice: VIDEO }],
  ['\0\0\x01\xba', { what: 'an MPEG video', advice: VIDEO }],
  ['OggS', { what: 'an Ogg file, sound or video' }],
  ['ID3', { what: 'a sound file (MP3)' }],
  ['{\\rtf', { what: 'an RTF document' }],
  ['data:', { what: 'a data: URL, as text', advice: 'Decode what stands behind the comma, and send those bytes.' }],
];

/** By the brand of an ISO media file. */
const BRANDS: readonly [brand: RegExp, Foreign][] = [
  [/^crx /, { what: 'a camera raw file (CR3)', advice: RAW }],
  [/^(isom|iso\d|mp4\d|avc1|M4V|3g|qt|MSNV|dash|f4v)/i, { what: 'an MP4 or MOV video', advice: VIDEO }],
  [/^M4A/, { what: 'a sound file (M4A)' }],
];

/** By the second word of a RIFF file. */
const RIFFS: Readonly<Record<string, Foreign>> = {
  'AVI ': { what: 'an AVI video', advice: VIDEO },
  WAVE: { what: 'a sound file (WAV)' },
};

/** Pictures in base64 begin so: JPEG, PNG, GIF, WebP, and containers of HEIC and AVIF. */
const BASE64 = /^\s*(\/9j\/|iVBORw0KGgo|R0lGOD|UklGR|AAAA[A-Za-z0-9+/]{2}Z0eX)/;

/** Texts by what they begin with, where marks of byte order, comments and a declaration have been passed over. */
const TEXTS: readonly [begin: RegExp, Foreign][] = [
  [
    /^<(!doctype\s+html|html|head|body|script|title|meta|div|p|h1)[\s>]/i,
    { what: 'an HTML page (a sign-in or an error, perhaps)' },
  ],
  [/^<[a-z!]/i, { what: 'an XML document' }],
  [/^[{[]\s*["{[\]}]/, { what: 'JSON' }],
];

/** Names a file by its first bytes (up to 64 kB are looked at), as far as it is known; null where it is not. */
export function findForeign(head: Uint8Array): Foreign | null {
  const start = toLatin1(head, 65_536);
  const signed = SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1];
  if (signed) return signed;
  if (start.slice(4, 8) === 'ftyp') return BRANDS.find(([brand]) => brand.test(start.slice(8, 12)))?.[1] ?? null;
  if (start.startsWith('RIFF')) return RIFFS[start.slice(8, 12)] ?? null;
  if (start.slice(128, 132) === 'DICM') return { what: 'a DICOM image', advice: EXPORT };
  if (BASE64.test(start.slice(0, 80))) {
    return { what: 'a picture in base64, as text', advice: 'Decode it, and send the bytes.' };
  }
  const text = passProlog(head);
  return TEXTS.find(([begin]) => begin.test(text))?.[1] ?? null;
}
