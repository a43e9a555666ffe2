import type { Log } from '../../../../src/log.ts';
import type { Bounce, Bounces } from '../../../../src/suppressions/bounces.ts';
import type { Answer, Answers } from './recipient-answers.ts';

/** Lists the recipients of one mail that bounced: a mailbox that is not there is so for every caller. */
export function findBounces(answers: Answers): Bounce[] {
  const entries = Object.entries(answers).filter(([, { state, suppresses }]) => state === 'refused' && suppresses);
  // Several got the same words, and the words name none of them: they may be about the mail as a whole.
  const isShared = (address: string, { response }: Answer) =>
    !response.toLowerCase().includes(address.toLowerCase()) &&
    entries.some(([other, answer]) => other !== address && answer.response === response);
  return entries
    .filter(([address, answer]) => !isShared(address, answer))
    .map(([address, { response, suppresses }]) => ({
      address,
      note: response,
      isCertain: suppresses === 'at once',
    }));
}

/**
 * Keeps what the answers to a mail say of their addresses: suppresses those that bounced, beyond doubt or for the second
 * time, forgets doubts about those that took the mail, and lets go those of them that were on trial. Never rejects: a mail that was sent must not run again
 * for its bounces.
 */
export async function noteBounces(
  answers: Answers,
  onTrial: readonly string[],
  bounces: Bounces,
  log: Log,
): Promise<void> {
  try {
    const taken = Object.keys(answers).filter((address) => answers[address]?.state === 'accepted');
    await Promise.all([bounces.add(findBounces(answers)), bounces.forget(taken)]);
    await bounces.lift(onTrial.filter((address) => taken.includes(address)));
  } catch (err) {
    log.warn({ err }, 'a bounce was not suppressed');
  }
}
