import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

/** The group of everything that uses Redis: the web process and the workers. */
export const APP_GROUP = 'app';

const TAIL_BYTES = 16_384;
const ANSWERS_WITHIN_MS = 5000;
/** Faults of supervisord's XML-RPC: what is to stop does not run; what was started ended within its first seconds. */
const NOT_RUNNING = 70;
const ENDED_AT_ONCE = [40, 50];
/** A process that can be stopped; in every other state it has ended, or is about to. */
const STOPPABLE_STATES = ['STARTING', 'RUNNING', 'BACKOFF'];

/** One process as supervisord sees it. */
export interface SupervisedProcess {
  /** `images-0` */
  name: string;
  /** What it is one process of: `images`. */
  program: string;
  /** What stops together: APP_GROUP, or else the program alone. */
  group: string;
  /** RUNNING, STARTING, BACKOFF, FATAL, EXITED, STOPPED or STOPPING. */
  state: string;
  /** 0 while it does not run. */
  pid: number;
  /** When it was started last; null before the first time. */
  startedAt: Date | null;
  /** Why it could not be started, or supervisord's remark on its end. */
  spawnError: string;
  logFile: string;
}

/** A call that supervisord refused. */
export class SupervisorFault extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.name = 'SupervisorFault';
    this.code = code;
  }
}

const readEntities = (xml: string) => xml.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const writeEntities = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Sends one XML-RPC request and returns the answer's text; rejects when nobody listens on the socket. */
function post(socketPath: string, body: string, limitMs: number | null): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) };
    const limit = limitMs === null ? {} : { signal: AbortSignal.timeout(limitMs) };
    request({ socketPath, path: '/RPC2', method: 'POST', headers, agent: false, ...limit }, (response) => {
      text(response).then(resolve, reject);
    })
      .on('error', reject)
      .end(body);
  });
}

/** Calls a method of supervisord with text arguments. Rejects with SupervisorFault when it refuses. */
async function call(
  socketPath: string,
  method: string,
  args: string[] = [],
  limitMs: number | null = ANSWERS_WITHIN_MS,
): Promise<string> {
  const params = args.map((arg) => `<param><value><string>${writeEntities(arg)}</string></value></param>`).join('');
  const name = `<methodName>supervisor.${method}</methodName>`;
  const body = `<?xml version="1.0"?><methodCall>${name}<params>${params}</params></methodCall>`;
  const answer = await post(socketPath, body, limitMs);
  if (answer.includes('<fault>'))
    throw new SupervisorFault(Number(member(answer, 'faultCode')), member(answer, 'faultString'));
  return answer;
}

/** A member of an XML-RPC struct, as text; empty when it has none. */
function member(struct: string, name: string): string {
  const value = new RegExp(`<name>${name}</name>\\s*<value>\\s*<(?:string|int)>([^<]*)<`).exec(struct)?.[1];
  return readEntities(value ?? '');
}

/** Finds the pid of the supervisord behind a socket; null when none answers there. */
export async function findSupervisor(socketPath: string): Promise<number | null> {
  try {
    return Number(/<int>(\d+)</.exec(await call(socketPath, 'getPID'))?.[1]);
  } catch {
    return null;
  }
}

/** Lists all processes of the supervisord behind a socket; none while nothing answers there. */
export async function listProcesses(socketPath: string): Promise<SupervisedProcess[]> {
  const answer = await call(socketPath, 'getAllProcessInfo').catch(() => '');
  return answer
    .split('<struct>')
    .slice(1)
    .map((struct) => {
      const name = member(struct, 'name');
      const startedSeconds = Number(member(struct, 'start'));
      return {
        name,
        program: name.replace(/-\d+$/, ''),
        group: member(struct, 'group'),
        state: member(struct, 'statename'),
        pid: Number(member(struct, 'pid')),
        startedAt: startedSeconds > 0 ? new Date(startedSeconds * 1000) : null,
        spawnError: member(struct, 'spawnerr'),
        logFile: member(struct, 'stdout_logfile'),
      };
    });
}

type Named = Pick<SupervisedProcess, 'group' | 'name' | 'state'>;

/** Stops a process and resolves when it has ended; at once when it does not run. */
export async function stopProcess(socketPath: string, { group, name, state }: Named): Promise<void> {
  if (!STOPPABLE_STATES.includes(state)) return;
  try {
    await call(socketPath, 'stopProcess', [`${group}:${name}`], null);
  } catch (error) {
    if (!(error instanceof SupervisorFault) || error.code !== NOT_RUNNING) throw error;
  }
}

/** Starts a process and resolves when it stays up; rejects with SupervisorFault when it does not, or runs already. */
export async function startProcess(socketPath: string, { group, name }: Named): Promise<void> {
  await call(socketPath, 'startProcess', [`${group}:${name}`], null).catch((error) => {
    if (!(error instanceof SupervisorFault) || !ENDED_AT_ONCE.includes(error.code)) throw error;
    throw new SupervisorFault(error.code, 'does not stay up');
  });
}

/** Asks supervisord to stop everything in order and to end; resolves when it has begun. */
export async function shutDown(socketPath: string): Promise<void> {
  await call(socketPath, 'shutdown');
}

/** Reads the last lines of a log file; none when it can't be read. */
export function lastLines(file: string, count: number): string[] {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const { size } = fstatSync(descriptor);
      const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
      readSync(descriptor, tail, 0, tail.length, size - tail.length);
      return tail.toString().trimEnd().split('\n').slice(-count);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return [];
  }
}
