import type { JobContract } from '../../../jobs/contract.ts';
import type { Receiving } from '../../connections/receiving.ts';
import type { QueueDeps } from '../accept/queue-deps.ts';

/** What taking uploads takes. */
export interface UploadsDeps extends QueueDeps {
  contracts: readonly JobContract[];
  receiving: Receiving;
}
