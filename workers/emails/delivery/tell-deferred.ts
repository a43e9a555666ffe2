import { now } from '../../../src/clock.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { WorkerDeps } from '../../../src/kinds/worker-deps.ts';
import type { Answer, Answers } from './answers/recipient-answers.ts';
import { isOfAllMails } from './answers/verdict.ts';

/** A recipient that is put off for less is not told of: greylisting is over by then. */
const TOLD_AFTER_MS = 15 * 60_000;
const DAY_MS = 86_400_000;

/** What telling of deferred mails stands on. */
export type TellDeferredDeps = Pick<WorkerDeps, 'findJob' | 'tellEndpoints'>;

/**
 * Tells the endpoints of a mail's caller of recipients that their servers have put off for a while, each once a day. What holds
 * up all mails is no recipient's affair. Never rejects: a mail must not run again for it.
 */
export async function tellDeferred(
  { findJob, tellEndpoints }: TellDeferredDeps,
  { id, caller, retries = 0 }: Pick<RunningJob<unknown>, 'id' | 'caller' | 'retries'>,
  answers: Answers,
  log: RunContext['log'],
): Promise<void> {
  const late = Object.entries(answers).filter(([, answer]) => waitedMs(answer) >= TOLD_AFTER_MS);
  if (late.length === 0) return;
  try {
    const { subject = null, tags = [], metadata = {} } = (await findJob(id))?.envelope.options ?? {};
    for (const [address, answer] of late) {
      const { code, status = null, response, class: about = null } = answer;
      const at = answer.at ?? new Date(now()).toISOString();
      await tellEndpoints({
        ...{ event: 'mail.deferred', caller, kind: 'emails', job: id, subjects: [address.toLowerCase()], at },
        id: `${id} ${retries} ${address} day ${Math.floor(waitedMs(answer) / DAY_MS)}`,
        data: {
          ...{ job: id, address, state: 'deferred', class: about, code, status, response, at },
          ...{ subject, tags, metadata },
        },
      });
    }
  } catch (err) {
    log.warn({ err }, 'no endpoint was told of a mail that is put off');
  }
}

/** How long a recipient has been put off by answers about it or the mail. */
function waitedMs({ state, since, class: about }: Answer): number {
  if (state !== 'deferred' || since === undefined || about === undefined || isOfAllMails(about)) return 0;
  return now() - Date.parse(since);
}
