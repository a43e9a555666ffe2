// @ts-check
/** @import { Heavylift } from '../../src/index.js' */
/** @import { Command } from '../arguments.js' */
import { EXIT, exitCodeOf, tell } from '../exit.js';
import { openHeavylift } from '../place.js';

/**
 * Makes a command that does one thing to each job that is named.
 * @param {string} name
 * @param {string} about
 * @param {(heavylift: Heavylift, id: string, signal: AbortSignal) => Promise<string>} act returns what to say
 * @returns {Command}
 */
const steering = (name, about, act) => ({
  name,
  about,
  words: 'ID...',
  count: [1, 1000],
  options: {},
  async run({ words }, io) {
    const heavylift = await openHeavylift(io);
    let code = /** @type {number} */ (EXIT.ok);
    for (const id of words) {
      try {
        io.remark(`${id} ${await act(heavylift, id, io.signal)}.`);
      } catch (error) {
        if (words.length === 1 || io.signal.aborted) throw error;
        io.remark(`${id}: ${tell(error)}`);
        code = Math.max(code, exitCodeOf(error));
      }
    }
    return code;
  },
});

/** `heavylift cancel` */
export const cancel = steering('cancel', 'Cancel jobs, wherever they are', async (heavylift, id, signal) => {
  const { state } = await heavylift.cancel(id, { signal });
  return state === 'cancelled' ? 'is cancelled' : 'is stopping';
});

/** `heavylift retry` */
export const retry = steering(
  'retry',
  'Run jobs again that failed or were cancelled',
  async (heavylift, id, signal) => {
    await heavylift.retry(id, { signal });
    return 'runs again';
  },
);

/** `heavylift erase` */
export const erase = steering('erase', 'Erase jobs with their files', async (heavylift, id, signal) => {
  await heavylift.erase(id, { signal });
  return 'is erased, or will be when it has stopped';
});
