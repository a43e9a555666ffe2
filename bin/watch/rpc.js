// @ts-check
import { connect } from 'node:net';

// supervisord's XML-RPC over its socket. Plain JavaScript without libraries: the watch runs it too.

const ANSWERS_WITHIN_MS = 5000;

/**
 * @typedef {string | number | boolean | Value[] | { [name: string]: Value }} Value
 *
 * One process as supervisord sees it.
 * @typedef {object} SupervisedProcess
 * @property {string} name `images-0`
 * @property {string} program What it is one process of: `images`.
 * @property {string} group What stops together: all workers, or else the program alone.
 * @property {string} state RUNNING, STARTING, BACKOFF, FATAL, EXITED, STOPPED or STOPPING.
 * @property {number} pid 0 while it does not run.
 * @property {Date | null} startedAt When it was started last; null before the first time.
 * @property {string} spawnError Why it could not be started, or supervisord's remark on its end.
 * @property {string} logFile
 */

/** A call that supervisord refused. */
export class SupervisorFault extends Error {
  /**
   * @param {number} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'SupervisorFault';
    this.code = code;
  }
}

/** @param {string} xml */
const readEntities = (xml) => xml.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
/** @param {string} value */
const writeEntities = (value) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * @param {Value} value
 * @returns {string}
 */
function writeContent(value) {
  if (typeof value === 'string') return `<string>${writeEntities(value)}</string>`;
  if (typeof value === 'number') return `<int>${value}</int>`;
  if (typeof value === 'boolean') return `<boolean>${Number(value)}</boolean>`;
  if (Array.isArray(value)) return `<array><data>${value.map(writeValue).join('')}</data></array>`;
  const members = Object.entries(value).map(
    ([name, part]) => `<member><name>${name}</name>${writeValue(part)}</member>`,
  );
  return `<struct>${members.join('')}</struct>`;
}

/**
 * @param {Value} value
 * @returns {string}
 */
function writeValue(value) {
  return `<value>${writeContent(value)}</value>`;
}

/**
 * Sends one request and resolves with the answer's body; rejects when nobody listens, or no whole answer comes in time.
 * @param {string} socketPath
 * @param {string} body
 * @param {number | null} limitMs
 * @returns {Promise<string>}
 */
function post(socketPath, body, limitMs) {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let answer = '';
    const tooLate = () => socket.destroy(new Error(`supervisord did not answer within ${limitMs} ms`));
    const timer = limitMs === null ? undefined : setTimeout(tooLate, limitMs);
    socket.setEncoding('utf8');
    socket.on('data', (part) => {
      answer += part;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      const end = answer.indexOf('\r\n\r\n');
      const whole = /^HTTP\/1\.\d 200 /.test(answer) && answer.trimEnd().endsWith('</methodResponse>');
      if (end > 0 && whole) resolve(answer.slice(end + 4));
      else reject(new Error(`supervisord gave no whole answer: ${answer.slice(0, 200)}`));
    });
    socket.write(
      `POST /RPC2 HTTP/1.0\r\nContent-Type: text/xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  });
}

/**
 * Calls a method of supervisord (`supervisor.getPID`) and resolves with the XML of its answer. Rejects with
 * SupervisorFault when it refuses. A limit of null waits for as long as it takes.
 * @param {string} socketPath
 * @param {string} method
 * @param {Value[]} [args]
 * @param {number | null} [limitMs]
 */
export async function call(socketPath, method, args = [], limitMs = ANSWERS_WITHIN_MS) {
  const params = args.map((arg) => `<param>${writeValue(arg)}</param>`).join('');
  const name = `<methodName>${method}</methodName>`;
  const body = `<?xml version="1.0"?><methodCall>${name}<params>${params}</params></methodCall>`;
  const answer = await post(socketPath, body, limitMs);
  if (answer.includes('<fault>'))
    throw new SupervisorFault(Number(member(answer, 'faultCode')), member(answer, 'faultString'));
  return answer;
}

/**
 * A member of an XML-RPC struct, as text; empty when it has none.
 * @param {string} struct
 * @param {string} name
 */
function member(struct, name) {
  const value = new RegExp(`<name>${name}</name>\\s*<value>\\s*<(?:string|int)>([^<]*)<`).exec(struct)?.[1];
  return readEntities(value ?? '');
}

/**
 * The text that a method answered with; empty when it was no text.
 * @param {string} answer
 */
export const readText = (answer) => readEntities(/<string>([^<]*)<\/string>/.exec(answer)?.[1] ?? '');

/**
 * Lists all processes of the supervisord behind a socket; rejects while nothing answers there.
 * @param {string} socketPath
 * @returns {Promise<SupervisedProcess[]>}
 */
export async function askProcesses(socketPath) {
  const answer = await call(socketPath, 'supervisor.getAllProcessInfo');
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
        // A listener's standard output is not its log.
        logFile: member(struct, 'stdout_logfile') || member(struct, 'stderr_logfile'),
      };
    });
}
