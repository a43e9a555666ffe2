// @ts-check
import { fileURLToPath } from 'node:url';

// Plain JavaScript without libraries: the watch runs it too.

const SENDER = fileURLToPath(new URL('../../bin/alerts/send-alert.ts', import.meta.url));
/** Three tries, each of a few seconds, fit into a minute. */
const LIMIT_MS = 90_000;
const MOST_CHARACTERS = 100_000;

/**
 * What became of a message on one of its ways.
 * @typedef {object} Outcome
 * @property {string} by `webhook` or `mail`.
 * @property {string} to A host, or addresses.
 * @property {boolean} isTold
 * @property {string} detail In a sentence without a full stop: `it answered 200`.
 */

/**
 * Sends a message by a process of its own, which tries each way three times within a minute: it loads what it needs, and touches
 * neither Redis nor the queue. Never rejects; where the process itself fails, that is the outcome.
 * @param {import('./incidents.js').Message} message
 * @returns {Promise<Outcome[]>}
 */
export async function sendMessage(message) {
  try {
    return JSON.parse(await run(JSON.stringify(message)));
  } catch (error) {
    const detail = `its sender failed: ${error instanceof Error ? error.message : error}`;
    return [{ by: 'any way', to: 'anybody', isTold: false, detail }];
  }
}

/**
 * @param {string} input
 * @returns {Promise<string>}
 */
async function run(input) {
  // Loaded with the first alert: most processes never send one.
  const { spawn } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    // In a group of its own: what is ended together with all that it started leaves it time to tell of that.
    const child = spawn(process.execPath, [SENDER], { stdio: 'pipe', detached: true, timeout: LIMIT_MS });
    let output = '';
    let errors = '';
    child.stdout.on('data', (part) => {
      output += part;
    });
    child.stderr.on('data', (part) => {
      errors = (errors + part).slice(-MOST_CHARACTERS);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(errors.trim().split('\n').at(-1) || `it ended by ${signal ?? `exit status ${code}`}`));
    });
    // One that ended before it has read says why by its end.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}
