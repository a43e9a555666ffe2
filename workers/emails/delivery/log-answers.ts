import type { Log } from '../../../src/log.ts';
import type { Answers } from './answers/recipient-answers.ts';

/** How servers name a mail that they have taken, for whoever asks them about it: Postfix, Exim, Exchange, sendmail, Amazon. */
const QUEUE_IDS = [
  /\bqueued as ([\w.-]+)/i,
  /\binternalid=([\w.-]+)/i,
  /\bid=([\w.-]+)/i,
  /([\w.-]+) message accepted for delivery/i,
  /^(?:\d{3}[ -])?ok ([\w-]{20,})\b/i,
];

/** Finds the name that a server has given to a mail in the answer to it; null where it has not. */
export function queueIdOf(response: string): string | null {
  for (const pattern of QUEUE_IDS) {
    const [, id] = pattern.exec(response) ?? [];
    if (id !== undefined) return id;
  }
  return null;
}

/** What is known of the mail beside the answers. */
interface AnsweredMail {
  messageId: string | undefined;
  /** The relay's name in its file; null for the only one. */
  relay: string | null;
}

/** Logs what the relay has answered to a mail, each answer once, and the name that it has given to the mail. */
export function logAnswers(log: Log, answers: Answers, { messageId, relay }: AnsweredMail): void {
  const said = Object.values(answers).filter(({ code }) => code !== null);
  for (const [response, same] of Map.groupBy(said, (answer) => answer.response)) {
    const [{ code, state } = { code: null, state: null }] = same;
    const queueId = state === 'accepted' ? queueIdOf(response) : null;
    log.info(
      {
        ...{ messageId, smtp: code, response, recipients: same.length },
        ...(queueId === null ? {} : { queueId }),
        ...(relay === null ? {} : { relay }),
      },
      'the mail relay answered',
    );
  }
}
