import type { NewSuppression } from '../../../src/suppressions/store.ts';
import type { Answer, Answers } from './recipient-answers.ts';

/** RFC 3463: bad mailbox, bad domain, bad syntax, mailbox moved; RFC 7505: a domain that takes no mail. */
const NOBODY_THERE = /\b5\.1\.(?:1|2|3|6|10)\b/;
const ANY_STATUS = /\b5\.\d{1,3}\.\d{1,3}\b/;
/** What servers without RFC 3463 say of a mailbox that is not there. */
const NOBODY_WORDS =
  /\b(?:user|recipient|mailbox|address)\s+(?:is\s+)?(?:unknown|not found|does(?:n't| not) exist)|\b(?:unknown|no such|invalid) (?:user|recipient|mailbox)|\bno mailbox (?:here )?by that name/i;

/**
 * Whether the answer says for good that nobody is at the address. Whatever else is refused for good (5.7.x: policy and
 * reputation, 5.2.x: a mailbox that is full or closed for now, 5.6.x: the content) is no fault of the address.
 */
export function saysNobodyThere({ state, code, response }: Answer): boolean {
  if (state !== 'refused' || code === null || ![550, 551, 553].includes(code)) return false;
  return ANY_STATUS.test(response) ? NOBODY_THERE.test(response) : NOBODY_WORDS.test(response);
}

/** The suppressions that follow from the answers of one mail. */
export function findBounces(answers: Answers): NewSuppression[] {
  const entries = Object.entries(answers).filter(([, answer]) => saysNobodyThere(answer));
  // Several got the same words, and the words name none of them: they may be about the mail as a whole.
  const isShared = (address: string, { response }: Answer) =>
    !response.toLowerCase().includes(address.toLowerCase()) &&
    entries.some(([other, answer]) => other !== address && answer.response === response);
  return entries
    .filter(([address, answer]) => !isShared(address, answer))
    .map(([address, { response }]) => ({ address, messageStream: null, reason: 'bounce', note: response }));
}
