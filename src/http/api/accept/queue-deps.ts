import type { Brands } from '../../../brands/store.ts';
import type { Config } from '../../../config/platform.ts';
import type { CallerSecrets } from '../../../delivery/caller-secrets.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { Quotas } from '../../../keys/quotas.ts';
import type { Log } from '../../../log.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { Templates } from '../../../templates/store.ts';
import type { LargeJson } from '../../large-json/large-json.ts';
import type { ChooseDeps } from './choose-id.ts';
import type { RequestPlaces } from './tokens/token-places.ts';

/** What queueing a job for a request takes. */
export interface QueueDeps extends ChooseDeps {
  config: Config;
  contracts: readonly JobContract[];
  largeJson: LargeJson;
  producer: Producer;
  storage: Storage;
  quotas: Quotas;
  callerSecrets: Pick<CallerSecrets, 'findMissing'>;
  brands: Pick<Brands, 'resolve'>;
  templates: Templates;
  /** What is wrong with a callbackUrl, as the kind that carries callbacks knows; null for nothing. */
  findCallbackFault(url: string): string | null;
  /** Counts what comes with upload tokens. */
  tokenPlaces: RequestPlaces;
  log: Log;
}
