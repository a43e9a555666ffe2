import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

const TAIL_BYTES = 16_384;
const ANSWERS_WITHIN_MS = 5000;

/** One process as supervisord sees it. `state` is RUNNING, STARTING, BACKOFF, FATAL, EXITED, STOPPED or STOPPING. */
export interface SupervisedProcess {
  name: string;
  state: string;
  /** Why it could not be started, or supervisord's remark on its end. */
  fault: string;
  logFile: string;
}

/** Calls an XML-RPC method of supervisord without arguments; rejects when nobody listens on the socket. */
async function call(socketPath: string, method: string): Promise<string> {
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName></methodCall>`;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) };
    const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
    request({ socketPath, path: '/RPC2', method: 'POST', headers, signal }, (response) => {
      text(response).then(resolve, reject);
    })
      .on('error', reject)
      .end(body);
  });
}

const readEntities = (xml: string) => xml.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** A member of an XML-RPC struct, as text; empty when it has none. */
function member(struct: string, name: string): string {
  const value = new RegExp(`<name>${name}</name>\\s*<value>\\s*<(?:string|int)>([^<]*)<`).exec(struct)?.[1];
  return readEntities(value ?? '');
}

/** The pid of the supervisord behind a socket, or null when none answers there. */
export async function findSupervisor(socketPath: string): Promise<number | null> {
  try {
    return Number(/<int>(\d+)</.exec(await call(socketPath, 'supervisor.getPID'))?.[1]);
  } catch {
    return null;
  }
}

/** All processes of the supervisord behind a socket; empty while none answers there. */
export async function listProcesses(socketPath: string): Promise<SupervisedProcess[]> {
  const answer = await call(socketPath, 'supervisor.getAllProcessInfo').catch(() => '');
  return answer
    .split('<struct>')
    .slice(1)
    .map((struct) => ({
      name: member(struct, 'name'),
      state: member(struct, 'statename'),
      fault: member(struct, 'spawnerr'),
      logFile: member(struct, 'stdout_logfile'),
    }));
}

/** The last lines of a log file; none when it can't be read. */
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
