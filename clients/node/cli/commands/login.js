// @ts-check
/** @import { Command } from '../arguments.js' */
/** @import { Io } from '../io.js' */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { Heavylift } from '../../src/index.js';
import { readSetting } from '../../src/settings.js';
import { usage } from '../arguments.js';
import { EXIT } from '../exit.js';
import { writeConfig } from '../place.js';

/** `heavylift login` @type {Command} */
export const login = {
  name: 'login',
  about: 'Write down where Heavylift is and your key, for this user alone',
  words: 'URL',
  count: [0, 1],
  options: {},
  more: 'The key is asked for, or read from standard input: heavylift login https://jobs.example.com < key.txt. It is tried before it is written.',
  async run({ words }, io) {
    const url = words[0] ?? readSetting('HEAVYLIFT_URL');
    if (!url) throw usage(login, 'URL must say where Heavylift is');
    const key = (await askForKey(io)).trim();
    if (key === '') throw usage(login, 'there was no key on standard input');
    const heavylift = new Heavylift({ url, key });
    await heavylift.request('GET', '/v1/usage', { signal: io.signal });
    io.remark(`The key holds. It is kept in ${await writeConfig(io, { url: heavylift.url, key })}.`);
    return EXIT.ok;
  },
};

/**
 * Reads a line that is not shown as it is typed.
 * @param {Io} io
 * @returns {Promise<string>}
 */
async function askForKey(io) {
  if (io.isTerminal && io.input.isTTY) io.draw('Key: ');
  const lines = createInterface({
    input: io.input,
    output: new Writable({ write: (_part, _encoding, done) => done() }),
    terminal: io.input.isTTY === true,
  });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (io.isTerminal && io.input.isTTY) io.draw('\n');
  }
}
