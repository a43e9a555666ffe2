// @ts-check
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createIncidents, MARKS } from '../../src/alerts/incidents.js';

const NAME = 'web_gone';
/** What a person has stopped is to be stopped. */
const STOPPED = ['STOPPED', 'STOPPING'];

/** @param {{ since: number, host: string }} fault */
const idOf = ({ since, host }) => `${NAME}-${host}-${since}`;

/** A web process takes its time to start: so long there is none before it is told. */
const WATCH_MARKS = { ...MARKS, standsMs: 30_000 };

/**
 * Finds whether this host should have a web process and has none: a sentence without a full stop, or null. One that runs counts
 * when it is ready.
 * @param {readonly import('./rpc.js').SupervisedProcess[]} processes
 * @param {(process: import('./rpc.js').SupervisedProcess) => boolean} isReady
 */
export function findWebGone(processes, isReady) {
  const wanted = processes.filter(({ program, state }) => program === 'web' && !STOPPED.includes(state));
  const [first] = wanted;
  if (!first || wanted.some((one) => one.state === 'RUNNING' && isReady(one))) return null;
  const state = first.state === 'RUNNING' ? 'starting' : first.state;
  const why = first.spawnError ? `: ${first.spawnError}` : '';
  return `Nothing is accepted on ${hostname()}: no web process is ready there (${first.name} is ${state}${why})`;
}

/**
 * Makes what asks whether a process has said that it is ready (`tellReady` in src/processes/place.ts).
 * @param {string} folder
 * @returns {(process: import('./rpc.js').SupervisedProcess) => boolean}
 */
export function createIsReady(folder) {
  return ({ name, pid }) => {
    try {
      return JSON.parse(readFileSync(join(folder, `${name}.ready`), 'utf8')).pid === pid;
    } catch {
      return false;
    }
  };
}

/**
 * Makes what tells of a host without a web process, which would tell of all else. What was told is kept in a file: it is told
 * once, and resolved, also when the watch itself was started anew.
 * @param {object} deps
 * @param {string} deps.file
 * @param {(process: import('./rpc.js').SupervisedProcess) => boolean} deps.isReady
 * @param {(facts: object, message: string) => void} deps.log
 * @param {import('../../src/alerts/incidents.js').Marks} [deps.marks]
 * @param {(message: import('../../src/alerts/incidents.js').Message) => Promise<import('../../src/alerts/send.js').Outcome[]>} [deps.send]
 */
export function createWebAlerts({ file, isReady, log, marks = WATCH_MARKS, send = sendLate }) {
  const incidents = createIncidents(idOf, marks);
  /** @type {number | null} */
  let since = null;
  let isGone = false;
  let isTelling = false;
  let isEnding = false;
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
    incidents.take({ incidents: JSON.parse(kept), closed: [] }, false);
  } catch {
    // Nothing was told yet.
  }

  /** @param {import('../../src/alerts/incidents.js').Message} message */
  const tell = async (message) => {
    const outcomes = await send(message);
    for (const { by, isTold, detail } of outcomes) {
      log({ alert: message.kind, by }, `alert ${isTold ? 'told' : 'not told'} by ${by}: ${detail}`);
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
      // supervisord did not answer, or is gone, and the next watch goes on from here.
      if (processes.length === 0 || isEnding) return;
      const text = findWebGone(processes, isReady);
      isGone = text !== null;
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
      // What was told before, and is about to be resolved, is another incident.
      if (isEnding || (isGone && incidents.list().some(({ toldAt }) => toldAt !== null))) return;
      isEnding = true;
      const fault = { name: NAME, code: NAME, text, since: at, host: hostname() };
      const incident = { ...fault, id: idOf(fault), toldAt: at, triedAt: null };
      incidents.take({ incidents: [incident], closed: [] }, false);
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
