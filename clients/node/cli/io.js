// @ts-check
import process from 'node:process';
import { readSetting } from '../src/settings.js';

/**
 * What a command has of the process that runs it.
 * @typedef {object} Io
 * @property {(text: string) => void} print writes what was asked for: text and a line break, to standard output
 * @property {(text: string) => void} remark writes a remark about it: text and a line break, to standard error
 * @property {(text: string) => void} draw writes to standard error as it is: a line that changes, on terminals alone
 * @property {boolean} isTerminal whether a person sees standard error
 * @property {import('node:stream').Readable & { isTTY?: boolean }} input
 * @property {import('node:stream').Writable} output where a file goes that is asked for as `-`
 * @property {string} cwd what paths are relative to
 * @property {string} home the folder of the user's settings
 * @property {AbortSignal} signal Ctrl-C
 * @property {() => Place | null} [findLocal] the Heavylift of this machine
 * @property {string} [only] which commands there are beside, in a sentence
 */

/** @typedef {{ url: string, key: string }} Place where Heavylift is, and who asks */

/**
 * Opens what the process has. The first Ctrl-C asks the command to end, the second ends it.
 * @returns {Io & { close: () => void }} `close` lets go of the process's signals
 */
export function openIo() {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error('interrupted'));
  // Who reads no further, such as `head`, has what he wanted.
  const endQuietly = (/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  };
  process.once('SIGINT', interrupt);
  process.stdout.on('error', endQuietly);
  const home = readSetting('HOME') ?? readSetting('USERPROFILE') ?? '.';
  return {
    print: (text) => void process.stdout.write(`${text}\n`),
    remark: (text) => void process.stderr.write(`${text}\n`),
    draw: (text) => void process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true && readSetting('TERM') !== 'dumb',
    input: process.stdin,
    output: process.stdout,
    cwd: process.cwd(),
    home: readSetting('XDG_CONFIG_HOME') ?? readSetting('APPDATA') ?? `${home}/.config`,
    signal: stop.signal,
    close() {
      process.off('SIGINT', interrupt);
      process.stdout.off('error', endQuietly);
    },
  };
}
