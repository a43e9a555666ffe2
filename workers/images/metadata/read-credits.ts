import type { Credits } from './credits.ts';
import { readExif } from './exif.ts';
import { readIptc } from './iptc.ts';
import { MAX_TEXT_LENGTH } from './text.ts';
import { readXmp } from './xmp.ts';

/** The blocks of a file's metadata that may name credits, as they stand in it. */
export type CreditBlocks = { [Name in 'exif' | 'xmp' | 'iptc']?: Uint8Array | undefined };

/** Reads copyright, artist and credit from XMP, IPTC or EXIF, in this order: EXIF knows no letters beyond ASCII. */
export function readCredits({ exif, xmp, iptc }: CreditBlocks): Credits {
  const found = [
    xmp ? readXmp(asBuffer(xmp).toString()) : {},
    iptc ? readIptc(asBuffer(iptc)) : {},
    exif ? readExif(asBuffer(exif)) : {},
  ];
  const first = (name: keyof Credits) => found.map((credits) => clean(credits[name])).find(Boolean);
  return { copyright: first('copyright'), artist: first('artist'), credit: first('credit') };
}

/** What comes from another thread is a plain array. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) => Buffer.from(buffer, byteOffset, byteLength);

/** Control characters (EXIF separates photographer and editor by a NUL), and what else XML has no place for. */
const UNWRITABLE = /[\p{Cc}\p{Cs}\ufffe\uffff]+/gu;

/** Puts spaces for what can't be written, and cuts to the length of a caption. */
function clean(text = ''): string {
  const written = text.replace(UNWRITABLE, ' ').trim();
  // A character of two units is not cut in two.
  return written.slice(0, MAX_TEXT_LENGTH).replace(/[\ud800-\udbff]$/, '');
}
