import { extname } from 'node:path/posix';

/** The longest name of a file or folder, in bytes of UTF-8; with a number and an ending it still fits any disk. */
const MAX_BYTES = 180;
/** What a file may not be called on some system: signs of paths and patterns, and those that show a name otherwise than it is. */
const UNFIT = /[/\\:*?"<>|]|\p{Cc}|[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** A longer ending is none. */
const MAX_ENDING = 20;
/** Devices of Windows, whatever the ending. */
const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** Makes a text fit to be the name of one file or folder, on any system; it leads nowhere else. */
export function fitName(text: string): string {
  const plain = text.normalize('NFC').replaceAll(UNFIT, '_').trim();
  const ending = endingOf(plain);
  const stem = cutBytes(plain.slice(0, plain.length - ending.length), MAX_BYTES);
  // Windows takes no point or space at the end.
  const name = `${stem}${ending}`.replace(/[. ]+$/, '');
  return name === '' ? '_' : DEVICE.test(name) || name.startsWith('.') ? `_${name}` : name;
}

/** The ending of a name, with its point; '' for none. */
const endingOf = (name: string): string => {
  const ending = extname(name);
  return ending.length > MAX_ENDING ? '' : ending;
};

/** The name without its ending. */
export const stemOf = (name: string): string => name.slice(0, name.length - endingOf(name).length);

function cutBytes(text: string, max: number): string {
  let bytes = 0;
  let cut = '';
  for (const sign of text) {
    bytes += Buffer.byteLength(sign);
    if (bytes > max) break;
    cut += sign;
  }
  return cut;
}

/** Gives each name once: the second `photo.webp` is `photo (2).webp`, whatever their case. */
export function createUniqueNames(...taken: string[]): (name: string) => string {
  const given = new Map(taken.map((name) => [name.toLowerCase(), 1]));
  return (name) => {
    const first = given.get(name.toLowerCase()) ?? 0;
    for (let count = first + 1; ; count += 1) {
      const ending = endingOf(name);
      const unique = count === 1 ? name : `${stemOf(name)} (${count})${ending}`;
      if (count > 1 && given.has(unique.toLowerCase())) continue;
      given.set(name.toLowerCase(), count);
      given.set(unique.toLowerCase(), Math.max(1, given.get(unique.toLowerCase()) ?? 0));
      return unique;
    }
  };
}
