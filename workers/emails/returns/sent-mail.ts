import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { StoredJob } from '../../../src/jobs/stored-job.ts';
import type { Answers } from '../delivery/answers/recipient-answers.ts';
import { ANSWERS } from '../delivery/ledger.ts';

/** A mail that something came back of. */
export interface SentMail {
  job: StoredJob;
  caller: string;
  /** Those it was sent to, as their addresses stand in the envelope. */
  recipients: string[];
}

/** Reads to whom a job's mail was sent; null for a job that is no mail. */
export async function readSentMail(job: StoredJob | null, jobFields: JobFields): Promise<SentMail | null> {
  if (job?.kind !== 'emails') return null;
  const [answers] = await jobFields.read(job.id, [ANSWERS]);
  const ended = (job.outcome?.result ?? job.error ?? {}) as { recipients?: MailRecipient[] };
  const recipients = [
    ...Object.keys(answers ? (JSON.parse(answers) as Answers) : {}),
    ...(ended.recipients ?? []).map(({ address }) => address),
  ];
  return { job, caller: job.envelope.caller, recipients: [...new Set(recipients)] };
}

/** Whether two addresses are one, in whatever case each is written. */
export const sameAddress = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** Finds the recipient that one of the addresses names; of a mail to one alone, it is that. Undefined for none. */
export function findRecipient(
  { recipients }: SentMail,
  addresses: readonly (string | null)[],
  isRecipient: (address: string) => boolean = () => true,
): string | undefined {
  const possible = recipients.filter(isRecipient);
  for (const address of addresses) {
    const found = address === null ? undefined : possible.find((one) => sameAddress(one, address));
    if (found !== undefined) return found;
  }
  return possible.length === 1 ? possible[0] : undefined;
}
