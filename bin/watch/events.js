// @ts-check
import { writeSync } from 'node:fs';

/**
 * An event of supervisord: its name and the fields of its payload.
 * @typedef {{ name: string, fields: { [name: string]: string } }} SupervisorEvent
 */

/** @param {string} text */
const readFields = (text) =>
  Object.fromEntries(text.split(' ').map((pair) => /** @type {[string, string]} */ (pair.split(':', 2))));

/**
 * Takes events as a listener of supervisord does, by standard input and output, and answers each at once. `onEnd` is called
 * when supervisord has ended without stopping this process before.
 * @param {(event: SupervisorEvent) => void} onEvent
 * @param {() => void} onEnd
 */
export function listen(onEvent, onEnd) {
  let data = Buffer.alloc(0);
  const takeEvent = () => {
    const end = data.indexOf('\n');
    if (end < 0) return false;
    const { eventname = '', len = '0' } = readFields(data.toString('utf8', 0, end));
    const after = end + 1 + Number(len);
    if (data.length < after) return false;
    const fields = readFields(data.toString('utf8', end + 1, after).trim());
    data = data.subarray(after);
    onEvent({ name: eventname, fields });
    writeSync(1, 'RESULT 2\nOKREADY\n');
    return true;
  };
  process.stdin.on('data', (part) => {
    data = Buffer.concat([data, part]);
    while (takeEvent()) {
      // The next one.
    }
  });
  process.stdin.on('end', onEnd);
  writeSync(1, 'READY\n');
}
