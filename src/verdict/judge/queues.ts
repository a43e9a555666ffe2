import { ERROR_CODES, type ErrorCode } from '../../errors.ts';
import { formatAge, formatNumber } from '../../kinds/formats.ts';
import type { Facts, QueueFacts } from '../facts.ts';
import { jobsOf, waitOf } from '../words.ts';
import type { Finding } from './finding.ts';

/** Of fewer jobs a share says nothing. */
const LEAST_ENDED = 20;

/** Errors of hosts that whoever posts a job names, beside those of the input itself. */
const OF_NAMED_HOSTS: readonly string[] = [
  'source_unreachable',
  'webhook_failed',
  'call_failed',
  'call_unknown',
  'mail_deferred',
];

/** Whether a job fails so by what it was given: nobody who posts such jobs makes the deployment look broken. */
const isOfInput = (error: string): boolean =>
  (Object.hasOwn(ERROR_CODES, error) && ERROR_CODES[error as ErrorCode].status < 500) || OF_NAMED_HOSTS.includes(error);

/** Finds what is wrong with the queues: paused, too slow, failing. */
export function judgeQueues({ queues, at, marks }: Facts): Finding[] {
  return (queues ?? []).flatMap((queue) => [
    ...(queue.counts.paused ? [describePause(queue, at)] : describeOldest(queue, at, marks.waitingMs)),
    ...describeErrors(queue, marks.failedPercent),
  ]);
}

function describePause({ kind, counts, oldestAt }: QueueFacts, at: number): Finding {
  const { waiting, pausedSince, pausedBy } = counts;
  const by = pausedBy === null ? '' : ` by the key ${pausedBy}`;
  const when = pausedSince === null ? '' : ` ${formatAge(at - pausedSince)} ago`;
  const oldest = oldestAt === null ? '' : `, the oldest ${formatAge(at - oldestAt)}`;
  const wait = waiting === 0 ? 'nothing waits' : `${waitOf(waiting)}${oldest}`;
  return {
    code: 'queue_paused',
    about: kind,
    text: `${jobsOf(kind)} paused${by}${when}; ${wait}`,
    isDated: pausedSince !== null,
    ...(pausedSince === null ? {} : { sinceAt: pausedSince }),
  };
}

function describeOldest({ kind, counts, oldestAt, heldCaller }: QueueFacts, at: number, markMs: number): Finding[] {
  if (oldestAt === null || at - oldestAt <= markMs) return [];
  if (heldCaller !== null) {
    const text = `${jobsOf(kind)} of ${heldCaller} wait long, those of others do not: the oldest ${formatAge(at - oldestAt)}; ${waitOf(counts.waiting)}`;
    return [{ code: 'queue_backlog', about: kind, text, sinceAt: oldestAt + markMs }];
  }
  const text = `${jobsOf(kind)} wait too long: the oldest ${formatAge(at - oldestAt)} (the mark is ${formatAge(markMs)}); ${waitOf(counts.waiting)}`;
  return [{ code: 'queue_oldest', about: kind, text, sinceAt: oldestAt + markMs }];
}

function describeErrors({ kind, ended }: QueueFacts, markPercent: number): Finding[] {
  if (ended.count < LEAST_ENDED) return [];
  return Object.entries(ended.failedBy)
    .filter(([, failed]) => (failed / ended.count) * 100 > markPercent)
    .map(([error, failed]): Finding => {
      const share = Math.round((failed / ended.count) * 100);
      const of = `${formatNumber(failed)} of ${formatNumber(ended.count)}`;
      const text = `${share} % of the ${kind} of the last hour failed with ${error} (${of})`;
      return { code: isOfInput(error) ? 'input_errors' : 'error_share', about: `${kind}:${error}`, text };
    });
}
