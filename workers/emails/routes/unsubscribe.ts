import type { Brand } from '../../../src/brands/brand.ts';
import type { Brands } from '../../../src/brands/store.ts';
import { AppError } from '../../../src/errors.ts';
import type { KindRoute, RouteRequest, RouteServices } from '../../../src/kinds/routes.ts';
import type { Subscription } from '../../../src/signing/links.ts';
import { isPast } from '../../../src/suppressions/record.ts';
import { leave, ownerOf } from '../unsubscribe/leave.ts';
import { writeLook } from '../unsubscribe/look.ts';
import type { createUnsubscribePage, Left, OtherStream } from '../unsubscribe/page.ts';
import type { Streams } from '../unsubscribe/streams.ts';

/** The routes of a person who leaves. */
export interface UnsubscribeServices extends RouteServices {
  showPage: ReturnType<typeof createUnsubscribePage>;
  streams: Pick<Streams, 'list'>;
  brands: Pick<Brands, 'resolve'>;
}

const STILL_STOPPED = 'Still unsubscribed: another entry of the suppression list stops this mail.\n';
const HEADERS = { 'X-Robots-Tag': 'noindex' };

/**
 * `/u/{token}`: unsubscribing by one click (RFC 8058). The token is the credential. POST unsubscribes, from all mail of the
 * sender with `?do=all`, and takes that back with `?do=undo` and `?do=undo-all`; `?stream=` names another stream of the sender; GET shows a page with buttons and changes
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
      const left = await findLeft(services, subscription).catch(() => ({ ...NOTHING_LEFT, others: [] }));
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
      const asked = await readAsked(services, subscription, query);
      const { isBack, stream } = asked;
      const left = isBack
        ? await takeBack(services, subscription, stream)
        : await goAway(services, subscription, stream);
      log.info({ requestId, messageStream: stream }, `somebody ${isBack ? 'took back that they ' : ''}unsubscribed`);
      if (prefersHtml) return showPage(await toStep(services, subscription, asked, left), request);
      const text = !isBack ? 'Unsubscribed.\n' : left.left === 'nothing' ? 'Subscribed again.\n' : STILL_STOPPED;
      return { headers: { 'Cache-Control': 'no-store' }, text };
    },
  },
];

/** `/u/{token}/logo` and `/u/{token}/look.css`: what the page has of its sender's brand. */
export const unsubscribeLooks = (services: UnsubscribeServices): KindRoute[] => [
  {
    method: 'get',
    path: '/u/:token/logo',
    scopes: 'open',
    async handle({ params }) {
      const { logo } = await findBrand(services, params['token'] ?? '');
      const file = logo && (await services.findUpload(logo.upload));
      if (!file) throw new AppError('not_found', 'The brand has no logo.');
      return {
        headers: HEADERS,
        file: { type: file.type, bytes: file.bytes, content: await services.storage.open(file.key) },
      };
    },
  },
  {
    method: 'get',
    path: '/u/:token/look.css',
    scopes: 'open',
    async handle({ params }) {
      const content = Buffer.from(writeLook(await findBrand(services, params['token'] ?? '')));
      return { headers: HEADERS, file: { type: 'text/css; charset=utf-8', bytes: content.length, content } };
    },
  },
];

/** What a person has left, and whether a link can take that back. */
interface LeftBy {
  left: Left;
  canUndo: boolean;
}

const NOTHING_LEFT: LeftBy = { left: 'nothing', canUndo: false };

/** What a page says of it, with the sender's other streams. */
type Standing = LeftBy & { others: OtherStream[] };

/** What a POST asks for: to leave or to take it back, a stream or (null) all; `isOther`: none of the link's own. */
interface Asked {
  isBack: boolean;
  stream: string | null;
  isOther: boolean;
}

async function readAsked(
  services: UnsubscribeServices,
  subscription: Subscription,
  query: RouteRequest['query'],
): Promise<Asked> {
  const isBack = query['do'] === 'undo' || query['do'] === 'undo-all';
  if (query['do'] === 'all' || query['do'] === 'undo-all') return { isBack, stream: null, isOther: false };
  const stream = await chooseStream(services, subscription, query['stream']);
  return { isBack, stream, isOther: stream !== subscription.messageStream };
}

async function goAway(
  services: UnsubscribeServices,
  subscription: Subscription,
  stream: string | null,
): Promise<LeftBy> {
  await leave(services, subscription, stream);
  return { left: stream === null ? 'all' : 'stream', canUndo: true };
}

/** What the page says after a POST: of another stream of the sender, how things stand with that of the link. */
async function toStep(
  services: UnsubscribeServices,
  subscription: Subscription,
  { isBack, isOther }: Asked,
  left: LeftBy,
): Promise<Parameters<UnsubscribeServices['showPage']>[0]> {
  if (isOther) return { subscription, ...(await findLeft(services, subscription)) };
  const others = await findOthers(services, subscription);
  return { subscription, ...left, others, isUndone: isBack && left.left === 'nothing' };
}

/** Finds what the person has left by this link or by another, or told the sender to stop. */
async function findLeft(services: UnsubscribeServices, subscription: Subscription): Promise<Standing> {
  const entries = await findEntries(services, subscription);
  const others = await findOthers(services, subscription, entries);
  return { ...chooseLeft(subscription.messageStream, entries.byLink, entries.told), others };
}

/** What a person has left by links, and what was told otherwise. */
interface Entries {
  byLink: readonly (string | null)[];
  told: readonly (string | null)[];
}

/** Lists the sender's other streams, and whether the person has left each. */
async function findOthers(
  services: UnsubscribeServices,
  subscription: Subscription,
  known?: Entries,
): Promise<OtherStream[]> {
  const { messageStream, caller } = subscription;
  if (caller === null) return [];
  const streams = (await services.streams.list(caller)).filter((one) => one !== messageStream);
  if (streams.length === 0) return [];
  const { byLink, told } = known ?? (await findEntries(services, subscription));
  return streams.map((name) => ({
    ...{ name, hasLeft: byLink.includes(name) || told.includes(name) },
    canUndo: byLink.includes(name) && !told.some((one) => one === name && !byLink.includes(one)),
  }));
}

async function findEntries(services: RouteServices, subscription: Subscription): Promise<Entries> {
  const { suppressions } = services;
  const { address } = subscription;
  const owner = await ownerOf(services, subscription);
  const byLink = await suppressions.findLeftByLink(address, owner);
  const entries = await suppressions.get(address, [owner]);
  return { byLink, told: entries.filter(({ reason }) => reason === 'unsubscribe').map((one) => one.messageStream) };
}

/** The stream that is meant: another of the sender's where that is asked for, else that of the mail. */
async function chooseStream(
  { streams }: UnsubscribeServices,
  { caller, messageStream }: Subscription,
  asked: unknown,
): Promise<string> {
  if (typeof asked !== 'string' || asked === messageStream || caller === null) return messageStream;
  if ((await streams.list(caller)).includes(asked)) return asked;
  throw new AppError('not_found', 'The sender has no such stream.');
}

/** Finds the brand that a link's page has. Throws not_found. */
async function findBrand({ links, brands }: UnsubscribeServices, token: string): Promise<Brand> {
  const { page, caller = null } = links.readUnsubscribe(token) ?? {};
  const found = caller !== null && page?.brand ? await brands.resolve(caller, page.brand) : null;
  if (!found) throw new AppError('not_found', 'This link has no brand.');
  return found.body;
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
