import { createLoop, type Loop } from '../../../queue/loop.ts';
import { createTellEndpoints } from '../../../queue/upkeep/callbacks/tell-endpoints.ts';
import type { Redis } from '../../../redis/connect.ts';
import type { Guards } from '../../../redis/guards.ts';
import { createScheduleRunner } from '../../../schedules/runner.ts';
import type { Schedules } from '../../../schedules/store.ts';
import { type AskDeps, askWhenDue } from './ask-for-run.ts';
import { tellSchedules } from './tell-schedules.ts';

const LOOK_EVERY_MS = 1000;

export interface ScheduleLoopDeps extends AskDeps {
  schedules: Schedules;
  redis: Redis;
  guards: Guards;
}

/** Makes the loop that runs the schedules whose time has come. Every web process has one: each time is run once all the same. */
export function createScheduleLoop(deps: ScheduleLoopDeps): Loop {
  const { log, schedules } = deps;
  const tellEndpoints = createTellEndpoints(deps.redis, deps);
  const run = createScheduleRunner({
    schedules: { ...schedules, ...tellSchedules({ schedules, tellEndpoints, guards: deps.guards }) },
    ask: (schedule, timeMs) => askWhenDue(schedule, timeMs, deps),
    log,
  });
  return createLoop({
    everyMs: LOOK_EVERY_MS,
    run,
    onError: (err) => log.debug({ err }, 'schedules not looked at'),
  });
}
