import type { Guards } from '../redis/guards.ts';
import { createOwnedRecords, type OwnedRecords, readOwned } from '../redis/owned/owned-records.ts';
import type { Redis } from '../redis/script.ts';
import type { Brand } from './brand.ts';
import { filesOfBrand } from './files.ts';

/** The room of brands in Redis, and the word for one among those that hold an upload. */
export const BRANDS = 'brands';

/** So many brands a caller may have; of each the newest version is kept. */
const LIMITS = { what: 'brands', records: 100, versions: 1, bytes: 400_000 };

/** The brands of all callers. */
export type Brands = OwnedRecords<Brand>;

/** Opens them over any connection to Redis; an operator's serve all callers. */
export const createBrands = (
  redis: Redis,
  { guards, isOperator }: { guards: Guards; isOperator: (caller: string) => boolean },
): Brands => createOwnedRecords(redis, BRANDS, LIMITS, { guards, isOperator });

/** The id under which a brand holds its files. Neither name has a colon. */
export const brandHolderId = (caller: string, name: string): string => `${caller}:${name}`;

/** Whether the brand that holds an upload under that id still has it. */
export async function hasFile(redis: Redis, holderId: string, upload: string): Promise<boolean> {
  const [caller = '', name = ''] = holderId.split(':');
  const brand = await readOwned<Brand>(redis, BRANDS, { caller, name });
  return brand !== null && filesOfBrand(brand.body).some((file) => file.upload === upload);
}
