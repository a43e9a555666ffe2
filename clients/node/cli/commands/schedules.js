// @ts-check
/** @import { Command } from '../arguments.js' */
import { usage } from '../arguments.js';
import { EXIT } from '../exit.js';
import { openHeavylift } from '../place.js';
import { formatTable } from '../text.js';

/**
 * A schedule, as the list has it.
 * @typedef {{ name: string, cron: string, timeZone: string, paused: boolean, pausedReason: string | null, next: string[] }} Schedule
 */

/** `heavylift schedules` @type {Command} */
export const schedules = {
  name: 'schedules',
  about: 'List your schedules; run one now',
  words: '[run NAME]',
  count: [0, 2],
  options: {
    at: { about: 'run: as if it were that moment (RFC 3339)', value: 'TIME' },
    json: { about: 'print JSON' },
  },
  async run({ values, words }, io) {
    const heavylift = await openHeavylift(io);
    const [verb, name] = words;
    if (verb === undefined) {
      /** @type {{ schedules: Schedule[] }} */
      const found = await heavylift.request('GET', '/v1/schedules', { signal: io.signal });
      const rows = found.schedules.map((one) => [
        one.name,
        one.cron,
        one.timeZone,
        one.paused ? `paused (${one.pausedReason})` : (one.next[0] ?? '-'),
      ]);
      io.print(
        values['json']
          ? JSON.stringify(found.schedules, null, 2)
          : formatTable([['NAME', 'CRON', 'TIME ZONE', 'NEXT'], ...rows]),
      );
      return EXIT.ok;
    }
    if (verb !== 'run' || name === undefined) throw usage(schedules, 'it must be run NAME, or nothing for the list');
    const json = values['at'] === undefined ? {} : { scheduledAt: values['at'] };
    const run = await heavylift.request('POST', `/v1/schedules/${encodeURIComponent(name)}/run`, {
      json,
      signal: io.signal,
    });
    io.print(values['json'] ? JSON.stringify(run) : run.id);
    return EXIT.ok;
  },
};
