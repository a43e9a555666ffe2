import { buffer } from 'node:stream/consumers';
import type { JobBrand, ShownBrand } from '../../../brands/brand.ts';
import { type PictureSize, sizeOfPicture } from '../../../brands/picture.ts';
import type { Brands } from '../../../brands/store.ts';
import { toAppError } from '../../../errors.ts';
import { uploadedFile } from '../../../jobs/files/upload-record.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import type { Storage } from '../../../storage/storage.ts';

/** What finding brands takes. */
export interface LoadBrandsDeps {
  brands: Pick<Brands, 'resolve'>;
  producer: Pick<Producer, 'findRecord'>;
  storage: Pick<Storage, 'open'>;
}

/** The sizes of logos that were shown last, by their uploads: an upload never changes. */
const sizes = new Map<string, PictureSize>();
const MAX_SIZES = 1000;
/** So many brands of a request are read at a time: each may have a logo of 1 MB. */
const TOGETHER = 4;

/**
 * Finds the brands that a caller's requests name as their templates may show them, each as it stands now; null for one that is
 * not there. Rejects with storage_unavailable where a logo can't be read.
 */
export async function loadBrands(
  names: readonly string[],
  caller: string,
  { brands, ...deps }: LoadBrandsDeps,
): Promise<Record<string, ShownBrand | null>> {
  const load = async (name: string): Promise<ShownBrand | null> => {
    const found = await brands.resolve(caller, name);
    if (!found) return null;
    const brand: JobBrand = { ...found.body, name, version: found.version };
    return { ...brand, logoSize: brand.logo ? await sizeOf(brand.logo.upload, deps) : null };
  };
  const loaded: [name: string, brand: ShownBrand | null][] = [];
  for (let first = 0; first < names.length; first += TOGETHER) {
    const some = names.slice(first, first + TOGETHER);
    loaded.push(
      ...(await Promise.all(some.map(async (name) => [name, await load(name)] as [string, ShownBrand | null]))),
    );
  }
  return Object.fromEntries(loaded);
}

/** Reads the size of a logo; null where it was erased. */
async function sizeOf(
  upload: string,
  { producer, storage }: Omit<LoadBrandsDeps, 'brands'>,
): Promise<PictureSize | null> {
  const known = sizes.get(upload);
  if (known) return known;
  const record = await producer.findRecord(upload);
  const file = record && uploadedFile(record.envelope);
  if (!file) return null;
  const picture = await storage
    .open(file.key)
    .then(buffer)
    .catch((thrown: unknown) => {
      if (toAppError(thrown).code === 'not_found') return null;
      throw thrown;
    });
  const size = picture && sizeOfPicture(picture);
  if (!size) return null;
  const [oldest] = sizes.keys();
  if (sizes.size >= MAX_SIZES && oldest !== undefined) sizes.delete(oldest);
  sizes.set(upload, size);
  return size;
}
