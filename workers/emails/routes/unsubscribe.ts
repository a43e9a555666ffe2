import { AppError } from '../../../src/errors.ts';
import type { KindRoute, RouteServices } from '../../../src/kinds/routes.ts';
import type { Subscription } from '../../../src/signing/links.ts';
import { isPast } from '../../../src/suppressions/record.ts';
import { leave, ownerOf } from '../unsubscribe/leave.ts';
import type { createUnsubscribePage, Left } from '../unsubscribe/page.ts';

/** The routes of a person who leaves. */
export interface UnsubscribeServices extends RouteServices {
  showPage: ReturnType<typeof createUnsubscribePage>;
}

const STILL_STOPPED = 'Still unsubscribed: another entry of the suppression list stops this mail.\n';
const HEADERS = { 'X-Robots-Tag': 'noindex' };

/**
 * `/u/{token}`: unsubscribing by one click (RFC 8058). The token is the credential. POST unsubscribes, from all mail of the
 * sender with `?do=all`, and takes that back with `?do=undo` and `?do=undo-all`; GET shows a page with buttons and changes
 * nothing, since mail scanners open every link. What others entered stays as it is, and the page says so.
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
      const left = await findLeft(services, subscription).catch(() => NOTHING_LEFT);
      return { ...(await showPage({ subscription, ...left }, request)), headers: HEADERS };
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
        const left = await takeBack(services, subscription, stream);
        log.info({ requestId, messageStream: stream }, 'somebody took back that they unsubscribed');
        if (prefersHtml) return showPage({ subscription, ...left, isUndone: left.left === 'nothing' }, request);
        const text = left.left === 'nothing' ? 'Subscribed again.\n' : STILL_STOPPED;
        return { headers: { 'Cache-Control': 'no-store' }, text };
      }
      await leave(services, subscription, stream);
      log.info({ requestId, messageStream: stream }, 'somebody unsubscribed');
      if (prefersHtml)
        return showPage({ subscription, left: stream === null ? 'all' : 'stream', canUndo: true }, request);
      return { headers: { 'Cache-Control': 'no-store' }, text: 'Unsubscribed.\n' };
    },
  },
];

/** What a person has left, and whether a link can take that back. */
interface LeftBy {
  left: Left;
  canUndo: boolean;
}

const NOTHING_LEFT: LeftBy = { left: 'nothing', canUndo: false };

/** Finds what the person has left by this link or by another, or told the sender to stop. */
async function findLeft(services: RouteServices, subscription: Subscription): Promise<LeftBy> {
  const { suppressions } = services;
  const { address, messageStream } = subscription;
  const owner = await ownerOf(services, subscription);
  const byLink = await suppressions.findLeftByLink(address, owner);
  const entries = await suppressions.get(address, [owner]);
  const told = entries.filter(({ reason }) => reason === 'unsubscribe').map((entry) => entry.messageStream);
  return chooseLeft(messageStream, byLink, told);
}

/** Chooses what the page says: what stops more comes first; `canUndo` where nobody but a link entered it. */
function chooseLeft(stream: string, byLink: readonly (string | null)[], stopped: readonly (string | null)[]): LeftBy {
  const others = stopped.filter((one) => !byLink.includes(one));
  for (const [left, one] of [
    ['all', null],
    ['stream', stream],
  ] as const) {
    if (others.includes(one)) return { left, canUndo: false };
    if (byLink.includes(one)) return { left, canUndo: true };
  }
  return NOTHING_LEFT;
}

/** Removes what the person entered by such a link; answers what stops the mail still: others entered it, or the link. */
async function takeBack(services: RouteServices, subscription: Subscription, stream: string | null): Promise<LeftBy> {
  const { suppressions } = services;
  const { address, messageStream } = subscription;
  const owner = await ownerOf(services, subscription);
  await suppressions.removeLeftByLink(address, stream, owner);
  const byLink = await suppressions.findLeftByLink(address, owner);
  const entries = await suppressions.get(address, owner === null ? [null] : [null, owner]);
  const stopped = entries.filter(({ until }) => !isPast(until)).map((entry) => entry.messageStream);
  return chooseLeft(messageStream, byLink, stopped);
}
