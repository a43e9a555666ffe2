import type { SourceFormat } from '../formats/image-format.ts';
import type { ThreadPool } from '../threads/pool.ts';
import { isHdrCoding, isSrgbCoding } from './coding.ts';
import type { FileColours } from './file-colours.ts';
import { readHeifColours } from './heif-colours.ts';
import { makeProfile } from './icc-profile.ts';
import { withLabProfile } from './lab-tiff.ts';
import { readPngColours } from './png-colours.ts';

/** Where profiles are made, and until when. */
export interface ProfileDeps {
  threads: ThreadPool;
  signal: AbortSignal;
}

/**
 * Returns a file whose colours libvips converts right: libvips knows ICC profiles alone, so what is told otherwise (code
 * points of AVIF and PNG, a PNG's gamma, Lab of a TIFF's page, from 1 on) is put into it as one. The same file where it says nothing, or
 * that it is sRGB.
 */
export async function withColourProfile(
  content: Buffer,
  { format, page }: { format: SourceFormat; page?: number | undefined },
  deps: ProfileDeps,
): Promise<Buffer> {
  // The header of the first page is read whichever is shown.
  if (format === 'tiff') return withLabProfile(withLabProfile(content), page);
  const colours = format === 'png' ? readPngColours(content) : format === 'avif' ? readHeifColours(content) : undefined;
  if (!colours) return content;
  return colours.withProfile(isSrgbCoding(colours.coding) ? undefined : await profileOf(colours, deps));
}

/** Profiles of HDR that were made, 200 KB each: most files are of one or two kinds. */
const made = new Map<string, Uint8Array>();
const MOST_MADE = 8;

/** Makes the profile of what a file says; that of HDR takes a tenth of a second, so a thread makes it, once. */
export async function profileOf(
  { coding, isGrey }: Pick<FileColours, 'coding' | 'isGrey'>,
  { threads, signal }: ProfileDeps,
): Promise<Uint8Array> {
  if (!isHdrCoding(coding)) return makeProfile(coding, isGrey);
  const key = JSON.stringify([coding, isGrey]);
  const profile = made.get(key) ?? (await threads.run('profile', { coding, isGrey }, signal));
  if (made.size >= MOST_MADE) made.clear();
  made.set(key, profile);
  return profile;
}
