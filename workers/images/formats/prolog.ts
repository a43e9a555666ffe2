import { constants, gunzipSync } from 'node:zlib';
import { toLatin1 } from './latin1.ts';

/** So much is looked at; of what is packed, so much of the packed bytes. */
const START_BYTES = 65_536;
const PACKED_BYTES = 4096;

/** How a text begins, a character a byte where it is not UTF-16: behind marks, blanks, a declaration and comments. */
export const passProlog = (head: Uint8Array): string => pass(decodeStart(head));

/** The beginning of a drawing that is packed by gzip (SVGZ); '' for any other file. */
export function passPackedProlog(head: Uint8Array): string {
  if (head[0] !== 0x1f || head[1] !== 0x8b) return '';
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1032 * PACKED_BYTES };
    return passProlog(gunzipSync(head.subarray(0, PACKED_BYTES), options));
  } catch {
    return '';
  }
}

function decodeStart(head: Uint8Array): string {
  const mark = toLatin1(head, 2);
  if (mark !== '\xff\xfe' && mark !== '\xfe\xff') return toLatin1(head, START_BYTES).replace(/^\xef\xbb\xbf/, '');
  return new TextDecoder(mark === '\xff\xfe' ? 'utf-16le' : 'utf-16be').decode(head.subarray(0, START_BYTES));
}

function pass(text: string): string {
  let at = 0;
  for (;;) {
    while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
    const end = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : null;
    const behind = end === null ? -1 : text.indexOf(end, at);
    if (end === null || behind < 0) return text.slice(at, at + 256);
    at = behind + end.length;
  }
}
