import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classifyDiskError } from '../../../../../src/storage/disk-errors.ts';
import { runLimited } from './run-limited.ts';
import { withoutExif } from './without-exif.ts';

/** Where the converter is, and where its files lie meanwhile. */
export interface Converter {
  path: string;
  /** DATA_DIR. */
  dataDir: string;
}

/** The converter takes a tenth of a second for a megapixel. */
const SECONDS = { base: 5, megapixel: 1 };
/** Addresses, not memory: the stacks of its threads alone are 8 MB each. */
const ADDRESS_BYTES = { base: 1_000_000_000, pixel: 16 };
/** The finest JPEG takes less. */
const FILE_BYTES = { base: 10_000_000, pixel: 4 };

/**
 * Has libheif's converter write a plain HEIC as a JPEG of the finest quality, with its colour profile and upright. Null where
 * it can't, for whatever reason. Rejects with the signal's reason when it aborts, and as the disk does.
 */
export async function convertHeic(
  content: Buffer,
  pixels: number,
  { path, dataDir }: Converter,
  signal: AbortSignal,
): Promise<Buffer | null> {
  const folder = await openFolder(join(dataDir, 'tmp', 'images'));
  try {
    const [source, target] = [join(folder, 'source.heic'), join(folder, 'target.jpg')];
    await writeFile(source, content, { mode: 0o600 }).catch((error) => {
      throw classifyDiskError(error);
    });
    const limits = {
      seconds: SECONDS.base + Math.ceil((SECONDS.megapixel * pixels) / 1e6),
      memoryBytes: ADDRESS_BYTES.base + ADDRESS_BYTES.pixel * pixels,
      fileBytes: FILE_BYTES.base + FILE_BYTES.pixel * pixels,
    };
    if (!(await runLimited([path, '-q', '100', source, target], limits, signal))) return null;
    // Of a file of several pictures it writes several, under other names.
    const jpeg = await readFile(target).catch(() => null);
    return jpeg && withoutExif(jpeg);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

/** Makes a folder of its own; what a worker that was killed leaves there goes with all that is old below `tmp`. */
async function openFolder(root: string): Promise<string> {
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    return await mkdtemp(join(root, 'heic-'));
  } catch (error) {
    throw classifyDiskError(error);
  }
}
