// @ts-check
import { hostname } from 'node:os';
import { isGone, parseMark } from '../../src/processes/mark.js';

const PENDING = 100;

/** @typedef {import('./plan.js').Plan} Plan */
/** @typedef {import('./plan.js').Death} Death */
/** @typedef {{ death: Death, again: boolean }} Pending */
/** @typedef {{ queue: import('./plan.js').Queue, id: string, token: string }} Held */

/**
 * What the watch does with Redis: lets go the jobs of processes that have ended, and keeps a note of each death.
 * @param {Plan} plan
 * @param {import('./redis.js').Send} send
 * @param {(facts: object, message: string) => void} log
 */
export function createDeaths(plan, send, log) {
  /** @type {Pending[]} */
  let pending = [];
  let settling = false;

  /**
   * The jobs whose locks a process of that name holds.
   * @param {string} name
   * @param {string} program
   * @returns {Promise<Held[]>}
   */
  const findHeld = async (name, program) => {
    const queues = plan.programs[program] ?? [];
    if (queues.length === 0) return [];
    const lists = await send(queues.map(({ active }) => ['LRANGE', active, 0, -1]));
    const jobs = queues.flatMap((queue, index) =>
      /** @type {string[]} */ (lists[index]).map((id) => ({ queue, id, lock: `${queue.jobPrefix}${id}:lock` })),
    );
    if (jobs.length === 0) return [];
    const tokens = /** @type {(string | null)[]} */ (await send(jobs.map(({ lock }) => ['GET', lock])));
    return jobs.flatMap(({ queue, id }, index) => {
      const token = tokens[index] ?? '';
      return parseMark(token)?.place === `${plan.runId}:${name}` ? [{ queue, id, token }] : [];
    });
  };

  /**
   * @param {string} name
   * @param {string} program
   */
  const letGo = async (name, program) => {
    const held = (await findHeld(name, program)).filter(({ token }) => {
      const mark = parseMark(token);
      return mark && isGone(mark);
    });
    const queues = [...new Set(held.map(({ queue }) => queue))];
    const commands = queues.map((queue) => {
      const tokens = new Set(held.filter((one) => one.queue === queue).map(({ token }) => token));
      return ['EVAL', plan.letGo, queue.letGoKeys.length, ...queue.letGoKeys, queue.jobPrefix, ...tokens];
    });
    if (commands.length === 0) return [];
    return /** @type {string[]} */ ((await send(commands)).flat());
  };

  /** @param {Pending} death */
  const note = async ({ death, again }) => {
    const jobs = [...new Set([...death.jobs, ...(await letGo(death.process, death.program))])];
    death.jobs = jobs;
    const kept = [
      ['LPUSH', plan.deathsKey, JSON.stringify(death)],
      ['LTRIM', plan.deathsKey, 0, plan.deathsKept - 1],
    ];
    const count = ['HINCRBY', plan.restartsKey, death.program, 1];
    await send([['MULTI'], ...(again && jobs.length === 0 ? [] : kept), count, ['EXEC']]);
    for (const job of jobs) {
      log({ process: death.process, how: death.how, job }, 'the worker of this job has ended; it runs again');
    }
  };

  /** Does what is still to be done; what fails is tried again at the next call. */
  const settle = async () => {
    if (settling) return;
    settling = true;
    try {
      for (let death = pending[0]; death; death = pending[0]) {
        await note(death);
        pending = pending.filter((one) => one !== death);
      }
    } catch {
      // Redis is away, or was itself what ended.
    } finally {
      settling = false;
    }
  };

  return {
    settle,

    /**
     * Takes note of a death; of one that comes `again` and again only where it held jobs, it is counted all the same.
     * @param {{ name: string, program: string, how: string, jobs: string[] }} ended
     * @param {boolean} again
     */
    add({ name, program, how, jobs }, again) {
      const death = { at: new Date().toISOString(), host: hostname(), process: name, program, how, jobs };
      pending = [...pending, { death, again }].slice(-PENDING);
      return settle();
    },

    /**
     * Holds the locks of a process that may be frozen, so that its jobs are neither lost to it nor run twice while that
     * is found out. Answers with their ids.
     * @param {string} name
     * @param {string} program
     */
    async hold(name, program) {
      const held = await findHeld(name, program);
      if (held.length > 0) await send(held.map(({ queue, id }) => ['PEXPIRE', `${queue.jobPrefix}${id}:lock`, 4000]));
      return held.map(({ id }) => id);
    },
  };
}
