import type { KindRoute, RouteAnswer, RouteRequest } from '../../../src/kinds/routes.ts';
import { KEPT } from '../inbox/kept.ts';
import { type EmailsConfig, hasRelay } from '../settings.ts';
import { findMail, type InboxServices, readContent, removeMatching } from './inbox.ts';
import { pageQuery, readQuery } from './inbox-query.ts';
import { describeMail, describeRow, type InboxData } from './inbox-view.ts';

const SCOPES = ['admin'];
const PAGE_LENGTH = 50;

/** `/inbox`: the mails that were kept in the place of being sent, for people. */
export function inboxPages(
  services: InboxServices,
  config: Pick<EmailsConfig, 'SMTP_URL' | 'SMTP_RELAYS_FILE'>,
): KindRoute[] {
  const { inbox, parser } = services;
  const named = config.SMTP_URL === undefined ? 'SMTP_RELAYS_FILE' : 'SMTP_URL';
  const kept = hasRelay(config) ? `${named} is set: mails are sent, and no other comes here.` : `${KEPT}.`;
  return [
    { method: 'get', path: '/inbox', scopes: SCOPES, handle: (request) => showList(services, request, kept) },
    {
      method: 'post',
      path: '/inbox/delete',
      scopes: SCOPES,
      audits: 'inbox.remove',
      body: 'form',
      async handle({ body }) {
        const { q, job } = readQuery(pageQuery, body ?? {});
        const deleted = await removeMatching(inbox, { text: q, job });
        return {
          redirect: '/inbox',
          audit: { count: deleted },
          notice: deleted === 1 ? 'One mail was deleted.' : `${deleted} mails were deleted.`,
        };
      },
    },
    {
      method: 'get',
      path: '/inbox/:id',
      scopes: SCOPES,
      async handle(request) {
        const mail = await findMail(inbox, request);
        const data = describeMail(mail, await readContent(services, mail), showsPictures(request));
        return { page: { view: '@emails/mail', frame: { title: data.subject }, data, hasFrame: true } };
      },
    },
    {
      method: 'get',
      path: '/inbox/:id/html',
      scopes: SCOPES,
      async handle(request) {
        const mail = await findMail(inbox, request);
        const html = (await parser.frame(() => inbox.read(mail))) ?? 'The mail has no HTML.';
        return { foreignHtml: { html, pictures: showsPictures(request) } };
      },
    },
    {
      method: 'post',
      path: '/inbox/:id/delete',
      scopes: SCOPES,
      audits: 'inbox.remove',
      body: 'form',
      async handle({ params: { id = '' } }) {
        await inbox.remove({ id });
        return { redirect: '/inbox', notice: 'The mail was deleted.' };
      },
    },
  ];
}

const showsPictures = ({ query }: RouteRequest): boolean => query['pictures'] === '1';

async function showList({ inbox }: InboxServices, { query }: RouteRequest, kept: string): Promise<RouteAnswer> {
  const { q, job, cursor } = readQuery(pageQuery, query);
  const { mails, next } = await inbox.list({ text: q, job }, { before: cursor, limit: PAGE_LENGTH });
  const asked = { ...(q === undefined ? {} : { q }), ...(job === undefined ? {} : { job }) };
  const urlOf = (position: Record<string, string>) => `/inbox?${new URLSearchParams({ ...asked, ...position })}`;
  const isFirst = cursor === undefined;
  const data: InboxData = {
    kept,
    rows: mails.map(describeRow),
    q: q ?? '',
    job: job ?? '',
    isFirst,
    newestUrl: urlOf({}),
    olderUrl: next === null ? null : urlOf({ cursor: next }),
    nothing: q === undefined && job === undefined ? 'No mail is here.' : 'No mail here matches.',
  };
  return {
    page: { view: '@emails/inbox', frame: { title: 'Inbox', ...(isFirst ? { refreshSeconds: 5 } : {}) }, data },
  };
}
