import { AppError } from '../../errors.ts';
import { queueKey } from '../../redis/keys.ts';
import { createLoop, type Loop } from '../loop.ts';
import type { RunDeps } from '../run/run.ts';
import { findYoungestScript } from '../scripts/line/find-youngest.ts';

const LOOK_EVERY_MS = 1000;
/** From so many places on one is kept free for callers who hold none, and no run has to give way. */
const ENOUGH_PLACES = 3;

/**
 * Makes a kind of few places put its youngest run back, without using an attempt, when a caller who holds no place has
 * waited for five seconds: once for each job, not where a run must not be broken off, and not past half of its time limit.
 */
export function createGivingWay(deps: RunDeps & { onError: (error: unknown) => void }): Loop {
  const { redis, contract, config, active, places, onError } = deps;
  const { kind } = contract;

  const look = async (): Promise<void> => {
    if (contract.mayGiveWay === false || active.size === 0 || (await places.total()) >= ENOUGH_PLACES) return;
    const halfMs = contract.timeoutMs(config) / 2;
    const runs = [...active.values()].filter((run) => run.elapsedMs() < halfMs && !run.controller.signal.aborted);
    if (runs.length === 0) return;
    const ids = runs.map(({ record }) => record.jobId);
    const found = await findYoungestScript(
      redis,
      [queueKey(kind, 'active')],
      [queueKey(kind, ''), await places.total(), ...ids],
    );
    const run = runs.find(({ record }) => record.jobId === found);
    if (!run) return;
    run.log.info('this run gives way to another caller who has waited long');
    run.controller.abort(new AppError('interrupted', 'Another caller has waited for long and goes first.'));
  };
  return createLoop({ everyMs: LOOK_EVERY_MS, run: look, onError });
}
