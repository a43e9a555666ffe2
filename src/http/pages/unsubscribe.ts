import express, { type Request, type Response, Router } from 'express';
import { AppError } from '../../errors.ts';
import type { Links, Subscription } from '../../keys/links.ts';
import type { Log } from '../../log.ts';
import type { Suppressions } from '../../suppressions/store.ts';
import { prefersHtml } from '../problem.ts';
import type { Views } from './views.ts';

export interface UnsubscribeData {
  /** `ask`: a button; `done`: it was pressed; `unknown`: the link is none of ours. */
  step: 'ask' | 'done' | 'unknown';
  /** Null when the link is none of ours. */
  subscription: Subscription | null;
}

export interface UnsubscribeDeps {
  links: Links;
  suppressions: Suppressions;
  views: Views;
  log: Log;
}

/**
 * `/u/{token}`: unsubscribing by one click (RFC 8058). The token is the credential. POST unsubscribes; GET shows a page with
 * a button and changes nothing, since mail scanners open every link.
 */
export function createUnsubscribeRouter({ links, suppressions, views, log }: UnsubscribeDeps): Router {
  const router = Router();

  const show = (req: Request, res: Response, step: UnsubscribeData['step'], subscription: Subscription | null) =>
    views.render(req, res, 'unsubscribe', { title: 'Unsubscribe', isPublic: true }, { step, subscription });

  const read = (req: Request): Subscription | null => links.readUnsubscribe(String(req.params['token']));

  router.get('/u/:token', (req, res) => {
    const subscription = read(req);
    if (!subscription) res.status(404);
    res.set('X-Robots-Tag', 'noindex');
    show(req, res, subscription ? 'ask' : 'unknown', subscription);
  });

  // Mail programs post `List-Unsubscribe=One-Click`, as a form of either type; what counts is who has the token.
  const takeBody = express.raw({ limit: 10_000, type: () => true });
  router.post('/u/:token', takeBody, async (req, res) => {
    const subscription = read(req);
    if (!subscription) {
      if (!prefersHtml(req)) throw new AppError('not_found', 'This unsubscribe link is not one of ours.');
      res.status(404);
      return show(req, res, 'unknown', null);
    }
    await suppressions.add([{ ...subscription, reason: 'unsubscribe', note: null }]);
    log.info({ messageStream: subscription.messageStream }, 'somebody unsubscribed');
    if (prefersHtml(req)) return show(req, res, 'done', subscription);
    res.set('Cache-Control', 'no-store').type('text/plain').send('Unsubscribed.\n');
    return undefined;
  });

  return router;
}
