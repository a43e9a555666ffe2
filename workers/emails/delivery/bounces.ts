import type { Log } from '../../../src/log.ts';
import type { Suppressions } from '../../../src/suppressions/store.ts';
import type { NewSuppression } from '../../../src/suppressions/suppression.ts';
import type { Answer, Answers } from './recipient-answers.ts';

/** RFC 3463: bad mailbox, bad domain, bad syntax, mailbox moved; RFC 7505: a domain that takes no mail. */
const NO_SUCH_MAILBOX_STATUS = /\b5\.1\.(?:1|2|3|6|10)\b/;
const ANY_STATUS = /\b5\.\d{1,3}\.\d{1,3}\b/;
/** How servers without RFC 3463 say that a mailbox is not there. */
const NO_SUCH_MAILBOX_WORDS = [
  /\b(?:user|recipient|mailbox|address) (?:is )?(?:unknown|not found|does(?:n't| not) exist)/i,
  /\b(?:unknown|no such|invalid) (?:user|recipient|mailbox)/i,
  /\bno mailbox (?:here )?by that name/i,
];

/**
 * Whether the answer means for good that the address has no mailbox. Other final refusals (5.7.x: policy and
 * reputation, 5.2.x: a mailbox that is full or closed for now, 5.6.x: the content) are not about the address.
 */
export function isNoSuchMailbox({ state, code, response }: Answer): boolean {
  if (state !== 'refused' || code === null || ![550, 551, 553].includes(code)) return false;
  if (ANY_STATUS.test(response)) return NO_SUCH_MAILBOX_STATUS.test(response);
  return NO_SUCH_MAILBOX_WORDS.some((words) => words.test(response));
}

/** Lists the suppressions that follow from the answers of one mail: a mailbox that is not there is so for every caller. */
export function findBounces(answers: Answers): NewSuppression[] {
  const entries = Object.entries(answers).filter(([, answer]) => isNoSuchMailbox(answer));
  // Several got the same words, and the words name none of them: they may be about the mail as a whole.
  const isShared = (address: string, { response }: Answer) =>
    !response.toLowerCase().includes(address.toLowerCase()) &&
    entries.some(([other, answer]) => other !== address && answer.response === response);
  return entries
    .filter(([address, answer]) => !isShared(address, answer))
    .map(([address, { response }]) => ({
      address,
      messageStream: null,
      reason: 'bounce',
      note: response,
      caller: null,
    }));
}

/** Suppresses the addresses that bounced. Never rejects: a mail that was sent must not run again for its bounces. */
export async function suppressBounces(answers: Answers, suppressions: Suppressions, log: Log): Promise<void> {
  await suppressions.add(findBounces(answers)).catch((err) => log.warn({ err }, 'a bounce was not suppressed'));
}
