import type { JobContract } from './contract.ts';

/** A sort of body that a job is asked for by: JSON, a form with files, or a file with the fields in the query. */
export type BodyWay = 'json' | 'form' | 'raw';

/**
 * Lists the sorts of body that `POST /v1/<kind>` takes. The description of the API has one sort for each address, as clients
 * that are made from it want it: the first for the kind's own, each further one for `/v1/<kind>/<way>`, which takes it alone.
 */
export function bodyWays({ accepts, upload }: Pick<JobContract, 'accepts' | 'upload'>): readonly BodyWay[] {
  if (accepts === 'none') return [];
  if (accepts === 'upload') return upload?.isReferenced ? ['form', 'raw', 'json'] : ['form', 'raw'];
  return upload?.jsonField ? ['json', 'form'] : ['json'];
}
