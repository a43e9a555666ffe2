import type { Metadata } from 'sharp';
import type { Credits } from './credits.ts';
import { readExif } from './exif.ts';
import { readIptc } from './iptc.ts';
import { MAX_TEXT_LENGTH } from './text.ts';
import { readXmp } from './xmp.ts';

/** Reads copyright, artist and credit from XMP, IPTC or EXIF, in this order: EXIF knows no letters beyond ASCII. */
export function readCredits({ exif, xmp, iptc }: Pick<Metadata, 'exif' | 'xmp' | 'iptc'>): Credits {
  const found = [xmp ? readXmp(xmp.toString()) : {}, iptc ? readIptc(iptc) : {}, exif ? readExif(exif) : {}];
  const first = (name: keyof Credits) => found.map((credits) => clean(credits[name])).find(Boolean);
  return { copyright: first('copyright'), artist: first('artist'), credit: first('credit') };
}

/** Control characters (EXIF separates photographer and editor by a NUL), and what else XML has no place for. */
const UNWRITABLE = /[\p{Cc}\p{Cs}\ufffe\uffff]+/gu;

/** Puts spaces for what can't be written, and cuts to the length of a caption. */
function clean(text = ''): string {
  const written = text.replace(UNWRITABLE, ' ').trim();
  // A character of two units is not cut in two.
  return written.slice(0, MAX_TEXT_LENGTH).replace(/[\ud800-\udbff]$/, '');
}
