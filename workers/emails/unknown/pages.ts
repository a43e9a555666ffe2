import { toAppError } from '../../../src/errors.ts';
import { formatTime } from '../../../src/kinds/formats.ts';
import type { KindRoute, RouteAnswer, RouteRequest, RouteServices } from '../../../src/kinds/routes.ts';
import type { Settling } from './routes.ts';
import { findMail } from './settle.ts';
import { readPosition, type UnknownMail, unknownRecipients } from './unknown-mails.ts';

const PATH = '/unknown-mails';
const SCOPES = ['admin'];
const PAGE_LENGTH = 50;
/** So many recipients are named of each mail. */
const NAMED = 3;
/** Enough for the ids of a page. */
const MAX_BYTES = 20_000;

/** One mail, every text ready. */
interface UnknownRow {
  id: string;
  title: string;
  recipients: string;
  caller: string;
  at: string;
  since: string;
}

/** What is done with mails that may or may not have arrived. */
interface Verb {
  button: string;
  question: (mails: string) => string;
  meaning: string;
  one: string;
  many: (count: number) => string;
}

const VERBS: Readonly<Record<'send-again' | 'arrived', Verb>> = {
  'send-again': {
    button: 'Send again',
    question: (mails) => `Send ${mails} again?`,
    meaning:
      'It may arrive twice: a mail server may have taken it, and nobody knows. Those who have it according to a mail server get no other.',
    one: 'The mail is sent again.',
    many: (count) => `${count} mails are sent again.`,
  },
  arrived: {
    button: 'It arrived',
    question: (mails) => `Did ${mails} arrive?`,
    meaning: 'The recipients are noted as accepted, and the mail leaves this list. Nothing is sent.',
    one: 'It is noted that the mail arrived.',
    many: (count) => `It is noted that ${count} mails arrived.`,
  },
};
const isVerb = (text: unknown): text is keyof typeof VERBS => typeof text === 'string' && Object.hasOwn(VERBS, text);

/** `/unknown-mails`: the mails that may or may not have arrived, for people, who choose what becomes of them. */
export const unknownPages = (settling: Settling, { findJob }: Pick<RouteServices, 'findJob'>): KindRoute[] => [
  { method: 'get', path: PATH, scopes: SCOPES, handle: ({ query }) => showList(settling, query['cursor']) },
  {
    method: 'get',
    path: `${PATH}/ask`,
    scopes: SCOPES,
    async handle(request) {
      const { action } = request.query;
      const ids = idsOf(request.query['ids']);
      if (!isVerb(action) || ids.length === 0) return { redirect: PATH };
      const found = await Promise.all(ids.map((id) => findMail(findJob, id, request).catch(() => null)));
      const rows = found.flatMap((job) => {
        const recipients = job ? unknownRecipients(job) : [];
        const at = new Date(job?.finishedAt ?? 0).toISOString();
        return job && recipients.length > 0 ? [describeRow({ job, recipients, at })] : [];
      });
      // Settled by now: the list shows how it stands.
      if (rows.length === 0) return { redirect: PATH };
      const { button, meaning, question } = VERBS[action];
      const title = question(rows.length === 1 ? 'this mail' : `these ${rows.length} mails`);
      const data = { title, action, button: rows.length === 1 ? button : plural(button), meaning, rows };
      return { page: { view: '@emails/unknown-ask', frame: { title }, data } };
    },
  },
  settleByForm(settling, 'send-again'),
  settleByForm(settling, 'arrived'),
];

const plural = (button: string): string => (button === 'It arrived' ? 'They arrived' : 'Send them again');

const settleByForm = (settling: Settling, verb: keyof typeof VERBS): KindRoute => ({
  method: 'post',
  path: `${PATH}/${verb}`,
  scopes: SCOPES,
  body: 'form',
  maxBytes: MAX_BYTES,
  audits: verb === 'arrived' ? 'mail.arrived' : 'mail.send-again',
  async handle(request) {
    const { ids } = (request.body ?? {}) as Record<string, unknown>;
    return settleAll(settling, verb, idsOf(ids), request);
  },
});

/** Settles one mail after the other; one that can not be is told of, and holds up no other. */
async function settleAll(
  settling: Settling,
  verb: keyof typeof VERBS,
  ids: readonly string[],
  request: RouteRequest,
): Promise<RouteAnswer> {
  const done: string[] = [];
  const refusals: string[] = [];
  for (const id of ids) {
    try {
      await (verb === 'arrived' ? settling.arrived(id, request) : settling.sendAgain(id, request));
      done.push(id);
    } catch (error) {
      const { code, message } = toAppError(error);
      if (!['conflict', 'not_found', 'retry_useless'].includes(code)) throw error;
      refusals.push(message);
    }
  }
  const { one, many } = VERBS[verb];
  const said = done.length === 0 ? 'Nothing was done.' : done.length === 1 ? one : many(done.length);
  const [why] = refusals;
  const left =
    why === undefined ? '' : ` ${refusals.length === 1 ? 'One was' : `${refusals.length} were`} left alone: ${why}`;
  const target = done.join(' ');
  return {
    redirect: PATH,
    notice: `${said}${done.length === 0 && why !== undefined ? ` ${why}` : left}`,
    audit: done.length === 0 ? null : { target, ...(done.length > 1 ? { count: done.length } : {}) },
  };
}

async function showList(settling: Settling, cursor: unknown): Promise<RouteAnswer> {
  const after = typeof cursor === 'string' && readPosition(cursor) ? cursor : undefined;
  const { mails, next } = await settling.list(PAGE_LENGTH, after);
  const data = {
    rows: mails.map(describeRow),
    isFirst: after === undefined,
    olderUrl: next && `${PATH}?cursor=${encodeURIComponent(next)}`,
  };
  return { page: { view: '@emails/unknown-mails', frame: { title: 'Mails that may have arrived' }, data } };
}

/** The ids of a form: one, or several. */
const idsOf = (given: unknown): string[] =>
  [...new Set([given].flat().filter((id) => typeof id === 'string' && id !== ''))].slice(0, PAGE_LENGTH) as string[];

function describeRow({ job: { id, envelope }, recipients, at }: UnknownMail): UnknownRow {
  const more = recipients.length - NAMED;
  return {
    id,
    title: String(envelope.facts?.subject ?? envelope.title ?? id),
    recipients: `${recipients.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    caller: envelope.caller,
    at,
    since: formatTime(at),
  };
}
