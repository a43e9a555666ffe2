import { now } from '../../../src/clock.ts';
import type { Told } from '../../../src/endpoints/told.ts';
import { AppError } from '../../../src/errors.ts';
import type { KindRoute, RouteServices } from '../../../src/kinds/routes.ts';
import type { Subscription } from '../../../src/signing/links.ts';
import type { createUnsubscribePage, Left } from '../unsubscribe/page.ts';

/** The routes of a person who leaves. */
export interface UnsubscribeServices extends RouteServices {
  showPage: ReturnType<typeof createUnsubscribePage>;
}

const HEADERS = { 'X-Robots-Tag': 'noindex' };

/**
 * `/u/{token}`: unsubscribing by one click (RFC 8058). The token is the credential. POST unsubscribes, from all mail of the
 * sender with `?do=all`, and takes that back with `?do=undo` and `?do=undo-all`; GET shows a page with buttons and changes
 * nothing, since mail scanners open every link.
 */
export const unsubscribeRoutes = (services: UnsubscribeServices): KindRoute[] => [
  {
    method: 'get',
    path: '/u/:token',
    scopes: 'open',
    async handle(request) {
      const { links, showPage } = services;
      const subscription = links.readUnsubscribe(request.params['token'] ?? '');
      if (!subscription) return { ...(await showPage({ subscription: null }, request)), headers: HEADERS };
      // A link can be opened while Redis is away.
      const left = await findLeft(services, subscription).catch(() => 'nothing' as const);
      return { ...(await showPage({ subscription, left }, request)), headers: HEADERS };
    },
  },
  {
    method: 'post',
    path: '/u/:token',
    scopes: 'open',
    // Mail programs post `List-Unsubscribe=One-Click`, as a form of either type; what counts is who has the token.
    body: 'ignored',
    async handle(request) {
      const { links, log, showPage } = services;
      const { query, prefersHtml, requestId } = request;
      const subscription = links.readUnsubscribe(request.params['token'] ?? '');
      if (!subscription) {
        if (!prefersHtml) throw new AppError('not_found', 'This unsubscribe link is not one of ours.');
        return showPage({ subscription: null }, request);
      }
      const { messageStream } = subscription;
      const stream = query['do'] === 'all' || query['do'] === 'undo-all' ? null : messageStream;
      if (query['do'] === 'undo' || query['do'] === 'undo-all') {
        await takeBack(services, subscription, stream);
        log.info({ requestId, messageStream: stream }, 'somebody took back that they unsubscribed');
        if (prefersHtml) return showPage({ subscription, left: 'nothing', isUndone: true }, request);
        return { headers: { 'Cache-Control': 'no-store' }, text: 'Subscribed again.\n' };
      }
      await unsubscribe(services, subscription, stream);
      log.info({ requestId, messageStream: stream }, 'somebody unsubscribed');
      if (prefersHtml) return showPage({ subscription, left: stream === null ? 'all' : 'stream' }, request);
      return { headers: { 'Cache-Control': 'no-store' }, text: 'Unsubscribed.\n' };
    },
  },
];

/** An operator's entries hold for everybody, and so does a link that does not say whose mail it was in. */
const ownerOf = ({ isOperator }: RouteServices, { caller }: Subscription): string | null =>
  caller === null || isOperator(caller) ? null : caller;

/** Finds what the person has left by this link or by another. */
async function findLeft(services: RouteServices, subscription: Subscription): Promise<Left> {
  const entries = await services.suppressions.get(subscription.address, [ownerOf(services, subscription)]);
  const streams = entries.filter(({ reason }) => reason === 'unsubscribe').map(({ messageStream }) => messageStream);
  if (streams.includes(null)) return 'all';
  return streams.includes(subscription.messageStream) ? 'stream' : 'nothing';
}

async function unsubscribe(services: RouteServices, subscription: Subscription, stream: string | null): Promise<void> {
  const { address } = subscription;
  const entry = { address, messageStream: stream, reason: 'unsubscribe', note: null } as const;
  await services.suppressions.add([{ ...entry, caller: ownerOf(services, subscription) }]);
  await tellOwner(services, subscription, stream);
}

/** Removes what the person entered by such a link; what bounced, complained or was entered by others stays. */
async function takeBack(services: RouteServices, subscription: Subscription, stream: string | null): Promise<void> {
  const { suppressions } = services;
  const owner = ownerOf(services, subscription);
  const entries = await suppressions.get(subscription.address, [owner]);
  const isOwn = entries.some(({ messageStream, reason }) => messageStream === stream && reason === 'unsubscribe');
  if (isOwn) await suppressions.remove(subscription.address, stream, [owner]);
}

/** Tells the caller whose mail it was; where Redis does not answer now, who unsubscribed is unsubscribed all the same. */
async function tellOwner(
  { tellEndpoints, guards }: Pick<RouteServices, 'tellEndpoints' | 'guards'>,
  { address, caller }: Subscription,
  messageStream: string | null,
): Promise<void> {
  if (caller === null) return;
  const at = new Date(now()).toISOString();
  const tell = guards.write((_isRepeated, told: Told) => tellEndpoints(told));
  await tell({
    // A click and the button behind it are one, and a mail program may post twice.
    id: `${address} ${messageStream ?? ''} ${at.slice(0, 'yyyy-mm-dd'.length)}`,
    ...{ event: 'mail.unsubscribed', caller, kind: 'emails', job: null, subjects: [address], at },
    data: { job: null, address, messageStream, at },
  }).catch(() => {});
}
