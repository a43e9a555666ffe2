import type { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';

/** Where a brand's name is said, and how a sentence about it ends. */
export interface BrandSource {
  pointer: string;
  end: string;
}

const OWN_FIELD: BrandSource = { pointer: '/brand', end: '' };

/** Makes the refusal of a request whose brand is not there; without `source` it names none, and has that of its key. */
export function missingBrand(name: string, source: Partial<BrandSource> | null): AppError {
  const { pointer, end } = { ...OWN_FIELD, ...source };
  const make = `PUT /v1/brands/${name} makes it`;
  const detail = source
    ? `names no brand of yours: "${name}"; ${make}${end}`
    : `must be given: the brand "${name}", which your key has without it, is not there; ${make}, null asks for none`;
  return invalidRequest([{ pointer, detail }]);
}
