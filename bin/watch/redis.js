// @ts-check
import { connect } from 'node:net';

// A few commands of Redis without a library, which would take more memory than the watch.

const ANSWERS_WITHIN_MS = 1000;

/**
 * Where Redis is and how to get in.
 * @typedef {object} RedisAddress
 * @property {string} [path] Its socket; else `host` and `port`.
 * @property {string} [host]
 * @property {number} [port]
 * @property {boolean} [tls]
 * @property {string[][]} hello The commands that each connection begins with.
 *
 * @typedef {string | number | null | Reply[] | Error} Reply
 *
 * A pipeline of commands; rejects when one is refused, or has no answer in time.
 * @typedef {(commands: (string | number)[][]) => Promise<Reply[]>} Send
 */

/**
 * Reads one answer from its place on; null while it is not whole. Errors are values.
 * @param {Buffer} data
 * @param {number} from
 * @returns {{ reply: Reply, next: number } | null}
 */
export function readReply(data, from) {
  const end = data.indexOf('\r\n', from);
  if (end < 0) return null;
  const line = data.toString('utf8', from + 1, end);
  const next = end + 2;
  const type = String.fromCharCode(/** @type {number} */ (data[from]));
  if (type === '+') return { reply: line, next };
  if (type === '-') return { reply: new Error(line), next };
  const number = Number(line);
  if (type === ':') return { reply: number, next };
  if (number < 0) return { reply: null, next };
  if (type === '$') {
    const after = next + number + 2;
    return data.length < after ? null : { reply: data.toString('utf8', next, after - 2), next: after };
  }
  return readList(data, next, number);
}

/**
 * @param {Buffer} data
 * @param {number} from
 * @param {number} length
 * @returns {{ reply: Reply, next: number } | null}
 */
function readList(data, from, length) {
  /** @type {Reply[]} */
  const reply = [];
  let next = from;
  while (reply.length < length) {
    const item = readReply(data, next);
    if (!item) return null;
    reply.push(item.reply);
    next = item.next;
  }
  return { reply, next };
}

/** @param {(string | number)[]} command */
const writeCommand = (command) =>
  [`*${command.length}`, ...command.flatMap((part) => [`$${Buffer.byteLength(String(part))}`, part]), ''].join('\r\n');

/** @param {RedisAddress} address */
async function open({ path, host = 'localhost', port = 6379, tls }) {
  if (path) return connect(path);
  if (!tls) return connect(port, host);
  // Loaded where it is needed alone: it takes several megabytes.
  return (await import('node:tls')).connect({ host, port, servername: host });
}

/**
 * Makes a sender of commands. Each call has a connection of its own: there are few of them, and nothing has to be kept
 * alive or repaired.
 * @param {RedisAddress} address
 * @returns {Send}
 */
export function createSend(address) {
  return async (commands) => {
    const all = [...address.hello, ...commands];
    const socket = await open(address);
    const replies = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('Redis gave no answer in time')), ANSWERS_WITHIN_MS);
      let data = Buffer.alloc(0);
      /** @type {Reply[]} */
      const got = [];
      socket.on('error', reject);
      socket.on('close', () => {
        clearTimeout(timer);
        reject(new Error('Redis closed the connection'));
      });
      socket.on('data', (part) => {
        data = Buffer.concat([data, part]);
        for (let found = readReply(data, 0); found; found = readReply(data, 0)) {
          got.push(found.reply);
          data = data.subarray(found.next);
        }
        if (got.length < all.length) return;
        resolve(got);
        socket.destroy();
      });
      socket.write(all.map(writeCommand).join(''));
    });
    for (const reply of replies) if (reply instanceof Error) throw reply;
    return replies.slice(address.hello.length);
  };
}
