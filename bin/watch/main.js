// @ts-check
import { readFileSync, writeSync } from 'node:fs';
import { readProcess } from '../../src/processes/mark.js';
import { createBackoffs } from './backoffs.js';
import { createBallast } from './ballast.js';
import { createBeats } from './beats.js';
import { createDeaths } from './deaths.js';
import { listen } from './events.js';
import { createFirstStart } from './first-start.js';
import { findHow, lookForOomKills } from './how.js';
import { createSend } from './redis.js';
import { createReport } from './report.js';
import { askProcesses } from './rpc.js';
import { createIsReady, createWebAlerts } from './web-alerts.js';

// The watch of this host: supervisord runs it as a listener of its events. It makes supervisord see a death at once, lets
// go the jobs of what has ended, keeps a note of it, ends what is frozen, and starts what supervisord lets wait.
// Plain JavaScript without libraries, so that it takes little memory.

/** How soon a death is seen: supervisord alone looks once a second. */
const GLANCE_MS = 100;
const LOOK_MS = 1000;
const COLLECT_MS = 10_000;
const END = 'SIGKILL';

/** @type {import('./plan.js').Plan} */
const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const send = createSend(plan.redis);
const deaths = createDeaths(plan, send, log);
const report = createReport(plan, send);
const beats = createBeats(plan.beats);
const firstStart = createFirstStart(plan, log);
const backoffs = createBackoffs(plan.supervisorSocket, log);
const webAlerts = createWebAlerts({ file: plan.alertsFile, isReady: createIsReady(plan.beats), log });
const ballast = plan.ballast && createBallast(plan.ballast, log);
/** @type {import('./rpc.js').SupervisedProcess[]} */
let processes = [];
/** What the watch has found frozen and ended, with the jobs that it held, by name. @type {Map<string, string[]>} */
const frozen = new Map();
/** The jobs of those that may be frozen, by name. @type {Map<string, string[]>} */
const held = new Map();
let looking = false;

/**
 * Writes a line as the other processes do. A reader that is gone must not end the watch.
 * @param {object} facts
 * @param {string} message
 */
function log(facts, message) {
  const line = {
    level: 'warn',
    time: new Date().toISOString(),
    role: 'watch',
    pid: process.pid,
    ...facts,
    msg: message,
  };
  try {
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // Nobody reads.
  }
}

/** Asks supervisord for its processes, which makes it look at them too. */
async function ask() {
  if (looking) return;
  looking = true;
  try {
    processes = await askProcesses(plan.supervisorSocket);
  } catch {
    // It is starting, or stopping, or busy: the next look comes.
  } finally {
    looking = false;
  }
}

/** Makes supervisord look when a process of its has ended. */
function glance() {
  const ended = processes.some(({ pid }) => {
    const state = pid && readProcess(pid)?.state;
    return pid && (!state || state === 'Z');
  });
  if (ended) void ask();
}

/**
 * Takes note of a death.
 * @param {import('./events.js').SupervisorEvent} event
 */
async function onEvent({ name: event, fields: { processname: name = '', tries, pid } }) {
  void ask();
  const program = name.replace(/-\d+$/, '');
  // One that ends again and again as soon as it is started is told of once, and of each time that it held jobs.
  const again = event === 'PROCESS_STATE_BACKOFF' && Number(tries) > 1;
  const jobs = frozen.get(name) ?? [];
  const how = frozen.delete(name) ? 'frozen' : await findHow(plan.supervisorSocket, name);
  if (!again)
    log({ process: name, ended: Number(pid) || undefined, how }, `${name} has ended (${how}); it is started again`);
  await deaths.add({ name, program, how, jobs }, again);
}

/** Ends what is frozen, and holds the locks of what may be. */
async function judge() {
  beats.begin();
  for (const { name, program, pid, state } of processes) {
    if (!(program in plan.programs) || !pid || state === 'STOPPING' || frozen.has(name)) continue;
    const verdict = beats.judge(name, pid);
    if (verdict === 'alive') {
      held.delete(name);
      continue;
    }
    if (verdict === 'frozen') end(name, pid);
    else held.set(name, await deaths.hold(name, program).catch(() => held.get(name) ?? []));
  }
}

/**
 * @param {string} name
 * @param {number} pid
 */
function end(name, pid) {
  // Nothing but a child of the same supervisord: the pid could be another's by now.
  if (readProcess(pid)?.parent !== process.ppid) return;
  log({ process: name, frozen: pid }, `${name} is frozen and is ended`);
  frozen.set(name, held.get(name) ?? []);
  held.delete(name);
  try {
    process.kill(-pid, END);
  } catch {
    process.kill(pid, END);
  }
}

/**
 * supervisord was killed, and nobody would start again what ends: so all of it ends, in order, and the next start finds nothing.
 * (It can't be logged: supervisord wrote the logs.)
 */
async function endAll() {
  webAlerts.tellEnd();
  const { endOrphans } = await import('./orphans.js');
  const own = processes.filter(({ pid }) => pid && pid !== process.pid);
  await endOrphans(own, plan.drainMs);
  process.exit(0);
}

async function look() {
  await ask();
  lookForOomKills();
  ballast?.look();
  void report.write(processes);
  void webAlerts.look(processes);
  await Promise.all([firstStart.start(processes), judge(), deaths.settle(), backoffs.start(processes)]);
}

listen(
  (event) => void onEvent(event),
  () => void endAll(),
);
setInterval(glance, GLANCE_MS);
setInterval(() => void look(), LOOK_MS);
// By itself V8 lets the heap grow to half as much again before it looks for garbage.
setInterval(() => globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' }), COLLECT_MS);
void look();
