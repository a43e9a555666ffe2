import { now } from '../../../src/clock.ts';
import type { TellEndpoints } from '../../../src/endpoints/told.ts';
import { type JobFields, LATER_FIELD } from '../../../src/jobs/job-fields.ts';
import type { Bounces } from '../../../src/suppressions/bounces.ts';
import type { Suppressions } from '../../../src/suppressions/store.ts';
import type { JudgedReport } from './judge-report.ts';
import { addReturn, type Returned, type Returns } from './returns.ts';
import type { SeenEvents } from './seen-events.ts';
import type { SentMail } from './sent-mail.ts';

const MAX_NOTE = 500;
/** Several reports on the recipients of one mail may come at once. */
const CHANGE_TRIES = 60;

/** What came back of a mail for one recipient, from whatever source. */
export interface MailReturn {
  /** Tells it from all others; one that comes again does not count. */
  id: string;
  event: 'delivered' | 'deferred' | 'bounced' | 'complained';
  /** The recipient as the mail named it. */
  address: string;
  /** Whose mail it was; null where that is not known. */
  caller: string | null;
  /** The mail; null where it is not kept any more, or was not sent here. */
  mail: SentMail | null;
  /** What the report says and what that means; of a complaint the words alone count. */
  report: JudgedReport;
  /** Whether nobody but who takes mail for that recipient can have made it up; else it stops the mails of `caller` alone. */
  isProven: boolean;
  /** Whether the mail bounced at that address itself, and not behind it, where it was forwarded. */
  isOwn: boolean;
}

/** What a return has changed. */
export interface NotedReturn {
  event: MailReturn['event'];
  job: string | null;
  address: string;
  class: JudgedReport['class'] | null;
  status: string | null;
  /** Whether the address is on the suppression list by it; null where it says nothing of that. */
  suppresses: 'at once' | 'on another day' | null;
  /** False where it was known already. */
  isNew: boolean;
}

export interface ReturnDeps {
  jobFields: JobFields;
  suppressions: Suppressions;
  bounces: Bounces;
  seen: SeenEvents;
  tellEndpoints: TellEndpoints;
}

/**
 * Keeps what came back of a mail: suppresses its recipient, tells the endpoints of its caller, and writes it into the job.
 * Each step does nothing twice, and the return counts as seen once all are done: what breaks off is done again when its
 * sender repeats it.
 */
export async function noteReturn(deps: ReturnDeps, given: MailReturn): Promise<NotedReturn> {
  const { event, address, mail, report } = given;
  const suppresses = suppressesOf(given);
  const noted: NotedReturn = {
    ...{ event, job: mail?.job.id ?? null, address, suppresses, isNew: false },
    class: event === 'bounced' || event === 'deferred' ? report.class : null,
    status: report.status,
  };
  if (await deps.seen.isSeen(given.id)) return noted;
  const at = new Date(now()).toISOString();
  const isNew = await isStronger(deps, given, at);
  if (isNew) {
    await suppress(deps, given, suppresses);
    await tell(deps, given, noted, at);
    await keep(deps, given, at);
  }
  await deps.seen.mark(given.id);
  return { ...noted, isNew };
}

/** A complaint stops at once, a bounce as the verdict on it says. */
function suppressesOf({ event, report, isOwn }: MailReturn): NotedReturn['suppresses'] {
  if (event === 'complained') return 'at once';
  if (event !== 'bounced' || report.suppresses === null) return null;
  return isOwn ? report.suppresses : 'on another day';
}

async function suppress(
  { suppressions, bounces }: ReturnDeps,
  { event, address, caller, report, isProven }: MailReturn,
  suppresses: NotedReturn['suppresses'],
): Promise<void> {
  if (suppresses === null) return;
  const note = report.response.slice(0, MAX_NOTE);
  if (event === 'bounced') {
    if (!isProven && caller === null) return;
    const bounce = { address, note, isCertain: suppresses === 'at once', isLater: true };
    return bounces.add([{ ...bounce, caller: isProven ? null : caller }]);
  }
  // A complaint is one person's word on the mails of one key, an operator's too.
  const entry = { address: address.toLowerCase(), messageStream: null, note, caller };
  await suppressions.add([{ ...entry, reason: 'complaint' }]);
}

async function tell(
  { tellEndpoints }: ReturnDeps,
  { id, event, address, caller, mail, report }: MailReturn,
  { class: about, suppresses }: NotedReturn,
  at: string,
): Promise<void> {
  if (caller === null) return;
  const { subject = null, tags = [], metadata = {} } = mail?.job.envelope.options ?? {};
  const { code, status, response } = report;
  const job = mail?.job.id ?? null;
  await tellEndpoints({
    ...{ event: `mail.${event}`, caller, kind: 'emails', job, subjects: [address.toLowerCase()], at },
    // From two sources, a report is told once; one that says more is told too.
    id: mail ? `${mail.job.id} ${mail.job.retries} ${address} ${suppresses}` : id,
    data: { job, address, state: event, class: about, code, status, response, at, subject, tags, metadata },
  });
}

const toReturned = (given: MailReturn, at: string): Returned => ({ ...shownOf(given, at), weight: weightOf(given) });

/** Who can have said it counts before what it says. */
const weightOf = (given: MailReturn): number =>
  (given.isProven ? 3 : 0) + { 'at once': 2, 'on another day': 1, none: 0 }[suppressesOf(given) ?? 'none'];

const shownOf = ({ event, report }: MailReturn, at: string): Returned => ({
  ...{ state: event as Returned['state'], code: report.code, status: report.status, at },
  response: report.response.slice(0, MAX_NOTE),
  class: event === 'bounced' ? report.class : null,
});

/** Whether it says more than what is known of the recipient. */
async function isStronger({ jobFields }: ReturnDeps, given: MailReturn, at: string): Promise<boolean> {
  if (!given.mail || given.event === 'deferred') return true;
  const [text = null] = await jobFields.read(given.mail.job.id, [LATER_FIELD]);
  return addReturn(readReturns(text), given.address, toReturned(given, at)) !== null;
}

async function keep({ jobFields }: ReturnDeps, given: MailReturn, at: string): Promise<void> {
  if (!given.mail || given.event === 'deferred') return;
  const { id } = given.mail.job;
  for (let tried = 0; tried < CHANGE_TRIES; tried += 1) {
    const [text = null] = await jobFields.read(id, [LATER_FIELD]);
    const returns = addReturn(readReturns(text), given.address, toReturned(given, at));
    if (returns === null) return;
    const change = { expected: { [LATER_FIELD]: text }, set: { [LATER_FIELD]: JSON.stringify(returns) } };
    if ((await jobFields.change(id, change)) !== 'changed') return;
  }
}

const readReturns = (text: string | null): Returns => (text ? (JSON.parse(text) as Returns) : {});
