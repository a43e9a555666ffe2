import { now } from '../../../src/clock.ts';
import type { Told } from '../../../src/endpoints/told.ts';
import { AppError } from '../../../src/errors.ts';
import type { KindRoute, RouteAnswer, RouteServices } from '../../../src/kinds/routes.ts';
import type { Subscription } from '../../../src/signing/links.ts';

/** What the page shows. `ask`: a button; `done`: it was pressed; `unknown`: the link is none of ours. */
type Step = 'ask' | 'done' | 'unknown';

/**
 * `/u/{token}`: unsubscribing by one click (RFC 8058). The token is the credential. POST unsubscribes; GET shows a page
 * with a button and changes nothing, since mail scanners open every link.
 */
export const unsubscribeRoutes = ({
  links,
  suppressions,
  isOperator,
  log,
  ...services
}: RouteServices): KindRoute[] => [
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
      await tellOwner(services, subscription);
      log.info({ requestId, messageStream: subscription.messageStream }, 'somebody unsubscribed');
      if (prefersHtml) return show('done', subscription);
      return { headers: { 'Cache-Control': 'no-store' }, text: 'Unsubscribed.\n' };
    },
  },
];

/** Tells the caller whose mail it was; where Redis does not answer now, who unsubscribed is unsubscribed all the same. */
async function tellOwner(
  { tellEndpoints, guards }: Pick<RouteServices, 'tellEndpoints' | 'guards'>,
  { address, messageStream, caller }: Subscription,
): Promise<void> {
  if (caller === null) return;
  const at = new Date(now()).toISOString();
  const tell = guards.write((_isRepeated, told: Told) => tellEndpoints(told));
  await tell({
    // A click and the button behind it are one, and a mail program may post twice.
    id: `${address} ${messageStream} ${at.slice(0, 'yyyy-mm-dd'.length)}`,
    ...{ event: 'mail.unsubscribed', caller, kind: 'emails', job: null, subjects: [address], at },
    data: { job: null, address, messageStream, at },
  }).catch(() => {});
}

const show = (step: Step, subscription: Subscription | null): RouteAnswer => ({
  status: step === 'unknown' ? 404 : 200,
  page: {
    view: '@emails/unsubscribe',
    frame: { title: 'Unsubscribe', isPublic: true },
    data: { step, subscription },
  },
});
