import { type Directory, walkTiff } from '../formats/tiff.ts';
import { makeLabProfile } from './icc-profile.ts';

const CLASSIC = 42;
const [BITS, COLOURS, PROFILE] = [258, 262, 34_675];
const [RGB, LAB] = [2, 8];
const UNDEFINED = 7;
const [HEAD_BYTES, ENTRY_BYTES] = [2, 12];

/**
 * Returns a TIFF of which a page of Lab in 8 bits is told to be of red, green and blue, with the profile by which these are Lab: libvips
 * does not read it otherwise. The same file where that page is none. Its directory is written anew behind the end, nothing else is moved.
 */
export function withLabProfile(tiff: Buffer, page = 1): Buffer {
  const directory = walkTiff(tiff).take(page).toArray()[page - 1];
  if (!directory || !isLab(directory)) return tiff;
  try {
    return withProfile(tiff, page, makeLabProfile());
  } catch (error) {
    // It is cut off: what reads it will say so.
    if (error instanceof RangeError) return tiff;
    throw error;
  }
}

/** Whether a page is told in Lab of 8 bits. */
function isLab(directory: Directory): boolean {
  const told = new Map<number, number | undefined>();
  for (const field of directory.fields()) told.set(field.tag, directory.first(field));
  return told.get(BITS) === 8 && told.get(COLOURS) === LAB;
}

function withProfile(tiff: Buffer, page: number, profile: Buffer): Buffer {
  const isLittle = tiff[0] === 0x49;
  const get = (at: number, bytes: 2 | 4) => (isLittle ? tiff.readUIntLE(at, bytes) : tiff.readUIntBE(at, bytes));
  const bytesOf = (value: number, bytes: 2 | 4) => {
    const buffer = Buffer.alloc(bytes);
    if (isLittle) buffer.writeUIntLE(value, 0, bytes);
    else buffer.writeUIntBE(value, 0, bytes);
    return buffer;
  };
  if (get(2, 2) !== CLASSIC) return tiff;
  const nextOf = (at: number) => at + HEAD_BYTES + ENTRY_BYTES * get(at, 2);
  // Where it is told where the page's directory lies.
  let link = 4;
  for (let other = 1; other < page; other += 1) link = nextOf(get(link, 4));
  const at = get(link, 4);
  const next = get(nextOf(at), 4);
  const profileAt = tiff.length + (tiff.length % 2);
  const entries = Array.from({ length: get(at, 2) }, (_, index) => at + HEAD_BYTES + ENTRY_BYTES * index)
    .map((entry) => ({ tag: get(entry, 2), bytes: tiff.subarray(entry, entry + ENTRY_BYTES) }))
    .filter(({ tag }) => tag !== PROFILE && tag !== COLOURS);
  const own = (tag: number, type: number, count: number, value: Buffer) => ({
    tag,
    bytes: Buffer.concat([bytesOf(tag, 2), bytesOf(type, 2), bytesOf(count, 4), value], ENTRY_BYTES),
  });
  entries.push(own(COLOURS, 3, 1, bytesOf(RGB, 2)), own(PROFILE, UNDEFINED, profile.length, bytesOf(profileAt, 4)));
  entries.sort((one, other) => one.tag - other.tag);
  const padded = Buffer.concat([Buffer.alloc(tiff.length % 2), profile, Buffer.alloc(profile.length % 2)]);
  const directory = [bytesOf(entries.length, 2), ...entries.map(({ bytes }) => bytes), bytesOf(next, 4)];
  const file = Buffer.concat([tiff, padded, ...directory]);
  bytesOf(tiff.length + padded.length, 4).copy(file, link);
  return file;
}
