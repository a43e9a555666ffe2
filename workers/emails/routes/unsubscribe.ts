import { AppError } from '../../../src/errors.ts';
import type { KindRoute, RouteAnswer, RouteServices } from '../../../src/kinds/routes.ts';
import type { Subscription } from '../../../src/signing/links.ts';

/** What the page shows. `ask`: a button; `done`: it was pressed; `unknown`: the link is none of ours. */
type Step = 'ask' | 'done' | 'unknown';

/**
 * `/u/{token}`: unsubscribing by one click (RFC 8058). The token is the credential. POST unsubscribes; GET shows a page
 * with a button and changes nothing, since mail scanners open every link.
 */
export const unsubscribeRoutes = ({ links, suppressions, isOperator, log }: RouteServices): KindRoute[] => [
  {
    method: 'get',
    path: '/u/:token',
    scopes: 'open',
    handle({ params: { token = '' } }) {
      const subscription = links.readUnsubscribe(token);
      return { ...show(subscription ? 'ask' : 'unknown', subscription), headers: { 'X-Robots-Tag': 'noindex' } };
    },
  },
  {
    method: 'post',
    path: '/u/:token',
    scopes: 'open',
    // Mail programs post `List-Unsubscribe=One-Click`, as a form of either type; what counts is who has the token.
    body: 'ignored',
    async handle({ params: { token = '' }, prefersHtml, requestId }) {
      const subscription = links.readUnsubscribe(token);
      if (!subscription) {
        if (!prefersHtml) throw new AppError('not_found', 'This unsubscribe link is not one of ours.');
        return show('unknown', null);
      }
      const { caller } = subscription;
      // An operator's entries hold for everybody, and so does a link that does not say whose mail it was in.
      const owner = caller === null || isOperator(caller) ? null : caller;
      await suppressions.add([{ ...subscription, reason: 'unsubscribe', note: null, caller: owner }]);
      log.info({ requestId, messageStream: subscription.messageStream }, 'somebody unsubscribed');
      if (prefersHtml) return show('done', subscription);
      return { headers: { 'Cache-Control': 'no-store' }, text: 'Unsubscribed.\n' };
    },
  },
];

const show = (step: Step, subscription: Subscription | null): RouteAnswer => ({
  status: step === 'unknown' ? 404 : 200,
  page: {
    view: '@emails/unsubscribe',
    frame: { title: 'Unsubscribe', isPublic: true },
    data: { step, subscription },
  },
});
