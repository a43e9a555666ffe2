import { AppError } from '../../../src/errors.ts';
import { lazy } from '../../../src/lazy.ts';
import type { EmailsConfig } from '../settings.ts';
import type { FetchText } from './providers/provider.ts';

/** A certificate, or an answer that is not looked at, has less. */
const MAX_BYTES = 50_000;
const TIMEOUT_MS = 10_000;

/** Makes the fetch of small texts from the public internet; what it stands on loads with the first. Rejects with source_unreachable. */
export function createFetchText({ OWN_ADDRESSES }: Pick<EmailsConfig, 'OWN_ADDRESSES'>): FetchText {
  const load = lazy(async () => {
    const { createGuardedFetch } = await import('../../../src/fetch/guarded-fetch.ts');
    return createGuardedFetch({ allow: [], ownAddresses: OWN_ADDRESSES });
  });
  return async (url) => {
    const { get } = await load();
    const limits = { maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS, signal: new AbortController().signal };
    try {
      const { stream } = await get(url, limits);
      return Buffer.concat(await stream.toArray()).toString('utf8');
    } catch (cause) {
      throw new AppError(
        'source_unreachable',
        `${new URL(url).hostname} does not give what is needed. Send it again.`,
        {
          ...{ cause, retryAfterSeconds: 60 },
        },
      );
    }
  };
}
