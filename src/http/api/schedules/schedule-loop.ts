import { createLoop, type Loop } from '../../../queue/loop.ts';
import { createScheduleRunner } from '../../../schedules/runner.ts';
import type { Schedules } from '../../../schedules/store.ts';
import { type AskDeps, askWhenDue } from './ask-for-run.ts';

const LOOK_EVERY_MS = 1000;

/** Makes the loop that runs the schedules whose time has come. Every web process has one: each time is run once all the same. */
export function createScheduleLoop(deps: AskDeps & { schedules: Schedules }): Loop {
  const { log } = deps;
  const run = createScheduleRunner({
    schedules: deps.schedules,
    ask: (schedule, timeMs) => askWhenDue(schedule, timeMs, deps),
    log,
  });
  return createLoop({
    everyMs: LOOK_EVERY_MS,
    run,
    onError: (err) => log.debug({ err }, 'schedules not looked at'),
  });
}
