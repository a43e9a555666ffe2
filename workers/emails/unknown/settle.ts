import { now } from '../../../src/clock.ts';
import { AppError } from '../../../src/errors.ts';
import { type JobFields, LATER_FIELD } from '../../../src/jobs/job-fields.ts';
import { hasEnded, type StoredJob } from '../../../src/jobs/stored-job.ts';
import type { RouteRequest } from '../../../src/kinds/routes.ts';
import type { Answers } from '../delivery/answers/recipient-answers.ts';
import { ANSWERS, fieldsToSendAgain, IN_FLIGHT } from '../delivery/ledger.ts';
import { addReturn, type Returned, type Returns } from '../returns/returns.ts';
import { type UnknownMails, unknownRecipients } from './unknown-mails.ts';

/** Said of a recipient in the place of a mail server's answer. */
const SAID = 'No answer came to the whole mail. A person has said that it arrived.';

/** What settling stands on. */
export interface SettleDeps {
  unknownMails: UnknownMails;
  jobFields: JobFields;
  findJob(id: string): Promise<StoredJob | null>;
}

/**
 * Has a mail sent again that may have arrived: to the recipients of whom that is not known, and to those that were refused. What
 * may have been taken before counts no more from the step on in which it is put in line. Rejects with not_found, with `conflict` where
 * it is not unknown, and with retry_useless where another run could not send it.
 */
export async function sendAgain({ findJob }: SettleDeps, id: string, request: RouteRequest): Promise<void> {
  const job = await findMail(findJob, id, request);
  if (recipientsOf(job).length === 0) throw notUnknown();
  if (job.envelope.inputDropped) {
    throw new AppError('retry_useless', 'The mail can not be sent again: what was asked for is not kept any more.');
  }
  if (!(await request.runAgain(job, fieldsToSendAgain(job)))) throw notUnknown();
}

/**
 * Writes down that a mail arrived: its recipients of whom that was not known are accepted, in what its job shows and in its
 * ledger. Resolves with them. Rejects with not_found, and with `conflict` where it is not unknown; `isRepeated`: it may have been
 * written down before.
 */
export async function sayArrived(
  deps: SettleDeps,
  id: string,
  request: Pick<RouteRequest, 'caller' | 'isAdmin'>,
  isRepeated = false,
): Promise<string[]> {
  const { findJob, jobFields, unknownMails } = deps;
  // Before the job: what has changed since is seen by the change.
  const fields = [ANSWERS, IN_FLIGHT, LATER_FIELD];
  const stored = await jobFields.read(id, fields);
  const addresses = recipientsOf(await findMail(findJob, id, request));
  if (addresses.length === 0 && !isRepeated) throw notUnknown();
  const at = new Date(now()).toISOString();
  const [answers, , later] = stored;
  const set = {
    [ANSWERS]: JSON.stringify(addAnswers(answers ? JSON.parse(answers) : {}, addresses, at)),
    [IN_FLIGHT]: null,
    [LATER_FIELD]: JSON.stringify(addWords(later ? JSON.parse(later) : {}, addresses, at)),
  };
  const expected = Object.fromEntries(fields.map((field, index) => [field, stored[index] ?? null]));
  if ((await jobFields.change(id, { expected, set })) !== 'done') throw notUnknown();
  await unknownMails.remove(id);
  return addresses;
}

const addAnswers = (answers: Answers, addresses: readonly string[], at: string): Answers => ({
  ...answers,
  ...Object.fromEntries(addresses.map((one) => [one, { state: 'accepted', code: null, response: SAID, at }])),
});

function addWords(returns: Returns, addresses: readonly string[], at: string): Returns {
  const word: Returned = { state: 'accepted', code: null, status: null, response: SAID, class: null, at };
  return addresses.reduce((all, address) => addReturn(all, address, word) ?? all, returns);
}

/** Finds the caller's mail; an operator finds everybody's. Rejects with not_found. */
export async function findMail(
  find: SettleDeps['findJob'],
  id: string,
  { caller, isAdmin }: Pick<RouteRequest, 'caller' | 'isAdmin'>,
): Promise<StoredJob> {
  const job = await find(id);
  if (job?.kind === 'emails' && (isAdmin || job.envelope.caller === caller)) return job;
  throw new AppError('not_found', `There is no mail ${id.slice(0, 64)}.`);
}

/** Those of whom nobody knows; none while it runs. */
const recipientsOf = (job: StoredJob): string[] => (hasEnded(job.state) ? unknownRecipients(job) : []);

const notUnknown = () =>
  new AppError(
    'conflict',
    'Only a mail that ended as unknown can be settled: it is known of this one, or it runs again.',
  );
