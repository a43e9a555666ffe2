import type { Request, Response } from 'express';
import { createSealedTokens } from '../../signing/sealed-token.ts';
import type { Secrets } from '../../signing/secret.ts';
import type { Cookies } from '../auth/cookies.ts';

/** A page that is asked for later than this has nothing to do with what was done. */
const NOTICE_SECONDS = 60;

/** Sentences that say once, on the page that comes next, what was done. */
export interface Notices {
  /** Has the browser's next page say the sentence. */
  leave(res: Response, sentence: string): void;
  /** Takes the sentence that was left, so that no further page says it; null when there is none. */
  take(req: Request, res: Response): string | null;
}

/** Notices in a cookie, sealed with the deployment's secret: nobody else can have a page say something. */
export function createNotices(secrets: Secrets, cookies: Cookies): Notices {
  const tokens = createSealedTokens(secrets, 'notice');
  return {
    leave: (res, sentence) => cookies.set(res, 'notice', tokens.seal([sentence]), NOTICE_SECONDS),
    take(req, res) {
      const value = cookies.read(req, 'notice');
      // A script that reads a part of a page shows nothing of the rest.
      if (!value || req.get('x-part') !== undefined) return null;
      cookies.set(res, 'notice', '', 0);
      const [sentence] = tokens.open(value) ?? [];
      return typeof sentence === 'string' ? sentence : null;
    },
  };
}
