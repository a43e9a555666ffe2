// @ts-check
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { createIncidents } from '../../src/alerts/incidents.js';

const NAME = 'web_gone';
/** What a person has stopped is to be stopped. */
const STOPPED = ['STOPPED', 'STOPPING'];

/**
 * Finds whether this host should have a web process and has none: a sentence without a full stop, or null.
 * @param {readonly import('./rpc.js').SupervisedProcess[]} processes
 */
export function findWebGone(processes) {
  const wanted = processes.filter(({ program, state }) => program === 'web' && !STOPPED.includes(state));
  const [first] = wanted;
  if (!first || wanted.some(({ state }) => state === 'RUNNING')) return null;
  const why = first.spawnError ? `: ${first.spawnError}` : '';
  return `Nothing is accepted on ${hostname()}: no web process runs there (${first.name} is ${first.state}${why})`;
}

/**
 * Makes what tells of a host without a web process, which would tell of all else. What was told is kept in a file: it is told
 * once, and resolved, also when the watch itself was started anew.
 * @param {object} deps
 * @param {string} deps.file
 * @param {(facts: object, message: string) => void} deps.log
 * @param {import('../../src/alerts/incidents.js').Marks} [deps.marks]
 * @param {(message: import('../../src/alerts/incidents.js').Message) => Promise<import('../../src/alerts/send.js').Outcome[]>} [deps.send]
 */
export function createWebAlerts({ file, log, marks, send = sendLate }) {
  const incidents = createIncidents(
    ({ name, since, host }) => createHash('sha256').update(`${name}\n${host}\n${since}`).digest('hex').slice(0, 16),
    marks,
  );
  /** @type {number | null} */
  let since = null;
  let isTelling = false;
  let kept = '[]';

  const save = () => {
    const text = JSON.stringify(incidents.list());
    if (text === kept) return;
    kept = text;
    try {
      writeFileSync(`${file}.new`, text, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch {
      // The disk is full: it is known for as long as the watch lives.
    }
  };
  try {
    kept = readFileSync(file, 'utf8');
    incidents.take(JSON.parse(kept), false);
  } catch {
    // Nothing was told yet.
  }

  /** @param {import('../../src/alerts/incidents.js').Message} message */
  const tell = async (message) => {
    const outcomes = await send(message);
    for (const { by, to, isTold, detail } of outcomes) {
      log({ alert: message.kind, by, to }, `alert ${isTold ? 'told' : 'not told'} by ${by}: ${detail}`);
    }
    incidents.settle(
      message,
      outcomes.some(({ isTold }) => isTold),
    );
    save();
  };

  return {
    /**
     * Looks whether there is a web process, and tells what is due. Resolves when that was told.
     * @param {readonly import('./rpc.js').SupervisedProcess[]} processes
     * @param {number} [at]
     */
    async look(processes, at = Date.now()) {
      // supervisord did not answer.
      if (processes.length === 0) return;
      const text = findWebGone(processes);
      if (text !== null) since ??= at;
      const faults = text === null ? [] : [{ name: NAME, code: NAME, text, since: since ?? at, host: hostname() }];
      incidents.look(faults, at);
      if (text === null && incidents.list().length === 0) since = null;
      if (isTelling) return;
      isTelling = true;
      for (const message of incidents.due(at)) await tell(message);
      isTelling = false;
    },

    /** Tells at once, and waits for nobody, that all processes of this host are about to end. */
    tellEnd(at = Date.now()) {
      const text = `Nothing is accepted on ${hostname()}: supervisord was killed, and all that it ran is ended`;
      const known = incidents.list().find(({ toldAt }) => toldAt !== null);
      if (known) return;
      const fault = { name: NAME, code: NAME, text, since: at, host: hostname() };
      const incident = { ...fault, id: `${NAME}-${hostname()}-${at}`, toldAt: at, triedAt: null };
      incidents.take([incident], false);
      save();
      void send({ kind: 'firing', at, incidents: [incident] });
    },
  };
}

/**
 * @param {import('../../src/alerts/incidents.js').Message} message
 */
async function sendLate(message) {
  const { sendMessage } = await import('../../src/alerts/send.js');
  return sendMessage(message);
}
