import { setTimeout as delay } from 'node:timers/promises';
import type { Verdict } from '../../src/verdict/judge.ts';
import type { Deployment } from './deployment.ts';
import type { Said } from './faults/fault.ts';

const ASK_EVERY_MS = 250;
/** Who answers nothing for so long is asked again. */
const ANSWER_WITHIN_MS = 5000;

/** Asks for the verdict; rejects where no web process answers. */
export async function readVerdict({ asOperator }: Pick<Deployment, 'asOperator'>): Promise<Verdict> {
  const answer = await asOperator('/v1/verdict', { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  if (!answer.ok) throw new Error(`no verdict: ${answer.status}`);
  return (await answer.json()) as Verdict;
}

/** The item in which a verdict says that; undefined where it does not. */
export const findSaid = ({ text, items }: Verdict, said: Said): Verdict['items'][number] | undefined =>
  items.find(
    (item) => item.code === said.code && [item.text, item === items[0] ? text : ''].some((one) => said.text.test(one)),
  ) ?? items.find(({ code }) => said.orElse?.includes(code));

/**
 * Asks until the verdict says that, or, with `isGone`, says its code no longer; the ms that this took, with the verdict,
 * or null when the time is over.
 */
export async function awaitVerdict(
  deployment: Pick<Deployment, 'asOperator'>,
  said: Said,
  { withinMs, isGone = false }: { withinMs: number; isGone?: boolean },
): Promise<{ ms: number; verdict: Verdict } | null> {
  const begunAt = performance.now();
  for (;;) {
    const verdict = await readVerdict(deployment).catch(() => null);
    const ms = performance.now() - begunAt;
    const isThere = isGone
      ? verdict?.items.some(({ code }) => code === said.code) === false
      : verdict && findSaid(verdict, said);
    if (isThere && verdict) return { ms, verdict };
    if (ms > withinMs) return null;
    await delay(ASK_EVERY_MS);
  }
}
