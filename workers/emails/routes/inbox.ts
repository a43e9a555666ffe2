import { AppError } from '../../../src/errors.ts';
import type { KindRoute, RouteRequest } from '../../../src/kinds/routes.ts';
import type { Inbox, MailPage } from '../inbox/inbox.ts';
import type { InboxMail, MailFilter } from '../inbox/inbox-mail.ts';
import type { MailParser } from '../inbox/parse/mail-parser.ts';
import type { ParsedMail } from '../inbox/parse/parsed-mail.ts';
import { filterQuery, listQuery, readQuery, toList } from './inbox-query.ts';

const SCOPES = ['admin'];
/** Mails that are removed in one step of emptying the inbox. */
const STEP = 100;

/** What the routes of the inbox stand on. */
export interface InboxServices {
  inbox: Inbox;
  parser: MailParser;
  /** The path that everything is below. */
  base: string;
}

/** `/v1/inbox`: the mails that were kept in the place of being sent, for an operator's tools and tests. */
export const inboxRoutes = ({ inbox, parser, base }: InboxServices): KindRoute[] => [
  {
    method: 'get',
    path: '/v1/inbox',
    scopes: SCOPES,
    async handle({ query, wait }) {
      const { filter, range } = toList(readQuery(listQuery, query));
      let page: MailPage = { mails: [], next: null, seen: range.after ?? 0 };
      await wait(async () => {
        page = await inbox.list(filter, { ...range, after: page.seen || range.after });
        return page.mails.length > 0 ? page : null;
      });
      return { json: { mails: page.mails.map((mail) => view(mail, base)), cursor: page.next } };
    },
  },
  {
    method: 'delete',
    path: '/v1/inbox',
    scopes: SCOPES,
    audits: 'inbox.remove',
    async handle({ query }) {
      const { after, ...filter } = readQuery(filterQuery, query);
      const deleted = await removeMatching(inbox, filter, after);
      return { json: { deleted }, audit: { count: deleted } };
    },
  },
  {
    method: 'get',
    path: '/v1/inbox/:id',
    scopes: SCOPES,
    async handle(request) {
      const mail = await findMail(inbox, request);
      const read = await readContent({ inbox, parser }, mail);
      return { json: { ...view(mail, base), ...viewContent(mail, read, base) } };
    },
  },
  {
    method: 'get',
    path: '/v1/inbox/:id/source',
    scopes: SCOPES,
    async handle(request) {
      const mail = await findMail(inbox, request);
      return { file: { type: 'text/plain; charset=utf-8', bytes: mail.bytes, content: await inbox.open(mail) } };
    },
  },
  {
    method: 'get',
    path: '/v1/inbox/:id/attachments/:number',
    scopes: SCOPES,
    async handle(request) {
      const mail = await findMail(inbox, request);
      const { number = '' } = request.params;
      const isNumber = /^[1-9]\d{0,5}$/.test(number);
      const file = isNumber ? await parser.open(() => inbox.read(mail), Number(number)) : null;
      if (!file) throw new AppError('not_found', `The mail has no attachment ${number.slice(0, 64)}.`);
      return { file: { ...file, bytes: file.content.length } };
    },
  },
  {
    method: 'delete',
    path: '/v1/inbox/:id',
    scopes: SCOPES,
    audits: 'inbox.remove',
    async handle(request) {
      await inbox.remove(await findMail(inbox, request));
      return { status: 204 };
    },
  },
];

/** Removes all mails that match; how many. */
export async function removeMatching(inbox: Inbox, filter: MailFilter, after?: number): Promise<number> {
  let removed = 0;
  for (let before: number | undefined; ; ) {
    const { mails, next } = await inbox.list(filter, { after, before, limit: STEP });
    for (const mail of mails) await inbox.remove(mail);
    removed += mails.length;
    if (next === null) return removed;
    before = Date.parse(mails.at(-1)?.at ?? '');
  }
}

/** Finds the mail that the path names. Rejects with not_found. */
export async function findMail(inbox: Inbox, { params: { id = '' } }: RouteRequest): Promise<InboxMail> {
  const mail = await inbox.find(id);
  if (mail) return mail;
  throw new AppError('not_found', `There is no mail ${id.slice(0, 64)} in the inbox: it was deleted, or was too old.`);
}

/** What is in a mail, or why it can't be read. */
export type MailContent = { content: ParsedMail; unread: null } | { content: null; unread: string };

/** Reads what is in a mail; one that no program could read has its source alone. */
export async function readContent(
  { inbox, parser }: Pick<InboxServices, 'inbox' | 'parser'>,
  mail: InboxMail,
): Promise<MailContent> {
  try {
    return { content: await parser.parse(() => inbox.read(mail)), unread: null };
  } catch (error) {
    if (error instanceof AppError && error.code === 'payload_too_large')
      return { content: null, unread: error.message };
    throw error;
  }
}

/** Where the source of a mail is. */
export const sourceUrl = ({ id }: Pick<InboxMail, 'id'>): string => `/v1/inbox/${id}/source`;

/** Where a file of a mail is. */
export const attachmentUrl = ({ id }: Pick<InboxMail, 'id'>, number: number): string =>
  `/v1/inbox/${id}/attachments/${number}`;

const view = (mail: InboxMail, base: string): object => ({
  ...mail,
  links: {
    self: `${base}/v1/inbox/${mail.id}`,
    source: `${base}${sourceUrl(mail)}`,
    job: `${base}/v1/jobs/${mail.job}`,
  },
});

const viewContent = (mail: InboxMail, { content, unread }: MailContent, base: string): object => ({
  date: content?.date ?? null,
  addresses: {
    from: content?.from ?? [],
    to: content?.to ?? [],
    cc: content?.cc ?? [],
    replyTo: content?.replyTo ?? [],
  },
  text: content?.text ?? null,
  html: content?.html ?? null,
  headers: content?.headers ?? [],
  attachments: (content?.attachments ?? []).map((one) => ({
    ...one,
    url: `${base}${attachmentUrl(mail, one.number)}`,
  })),
  unread,
});
