import type { Credits } from './credits.ts';
import { decodeText } from './text.ts';

/** Datasets of IPTC's application record. */
const APPLICATION_RECORD = 2;
const BYLINE = 80;
const CREDIT = 110;
const COPYRIGHT = 116;
/** Every dataset begins with this byte. */
const MARKER = 0x1c;
/** A picture has no more makers than this; a damaged or hostile block may list millions. */
const MAX_BYLINES = 100;

/** Reads the credits of an IPTC block: datasets of marker, record, number, length (two bytes) and text. */
export function readIptc(iptc: Buffer): Credits {
  const [bylines, credits, copyrights]: string[][] = [[], [], []];
  const found = new Map([
    [BYLINE, bylines],
    [CREDIT, credits],
    [COPYRIGHT, copyrights],
  ]);
  let at = iptc.indexOf(Buffer.from([MARKER, APPLICATION_RECORD]));
  while (at >= 0 && at + 5 <= iptc.length && iptc[at] === MARKER) {
    const end = at + 5 + iptc.readUInt16BE(at + 3);
    const texts = iptc[at + 1] === APPLICATION_RECORD ? found.get(iptc[at + 2] ?? 0) : undefined;
    if (texts && texts.length < MAX_BYLINES) texts.push(decodeText(iptc.subarray(at + 5, end)));
    at = end;
  }
  return { copyright: copyrights?.[0], artist: bylines?.join(', '), credit: credits?.[0] };
}
