import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';
import { createSealedTokens } from '../../signing/sealed-token.ts';

const NOTICE_COOKIE = 'heavylift_notice';
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
export function createNotices(secret: string): Notices {
  const tokens = createSealedTokens(secret, 'notice');
  const setCookie = (res: Response, value: string, maxAge: number) =>
    res.append(
      'Set-Cookie',
      stringifySetCookie({ name: NOTICE_COOKIE, value, maxAge, path: '/', httpOnly: true, sameSite: 'lax' }),
    );
  return {
    leave: (res, sentence) => void setCookie(res, tokens.seal([sentence]), NOTICE_SECONDS),
    take(req, res) {
      const value = parseCookie(req.headers.cookie ?? '')[NOTICE_COOKIE];
      // A script that reads a part of a page shows nothing of the rest.
      if (!value || req.get('x-part') !== undefined) return null;
      setCookie(res, '', 0);
      const [sentence] = tokens.open(value) ?? [];
      return typeof sentence === 'string' ? sentence : null;
    },
  };
}
