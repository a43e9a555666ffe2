// @ts-check
import { connect, isIP } from 'node:net';

// A few commands of Redis without a library, which would take more memory than the watch.

const ANSWERS_WITHIN_MS = 1000;

/**
 * Where Redis is and how to get in, as `src/config/redis-address.ts` reads it.
 * @typedef {object} RedisAddress
 * @property {'socket' | 'single' | 'sentinel' | 'cluster'} mode
 * @property {string} [path] Its socket.
 * @property {{ host: string, port: number }[]} hosts The server, the sentinels, or nodes of the cluster.
 * @property {string} [masterName] What the sentinels call the master.
 * @property {{ ca?: string, cert?: string, key?: string } | null} tls The files of a connection by TLS.
 * @property {string[][]} hello The commands that each connection begins with.
 * @property {string[][]} sentinelHello Those of a connection to a sentinel.
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

/**
 * One end of a connection.
 * @typedef {{ path: string } | { host: string, port: number }} Place
 *
 * @param {Place} place
 * @param {RedisAddress['tls']} tls
 */
async function open(place, tls) {
  if (!tls || 'path' in place) return connect(place);
  // Loaded where they are needed alone: they take several megabytes.
  const { connect: connectSafely } = await import('node:tls');
  const { readFileSync } = await import('node:fs');
  const files = Object.entries(tls).map(([name, path]) => [name, readFileSync(path)]);
  return connectSafely({ ...place, servername: isIP(place.host) ? '' : place.host, ...Object.fromEntries(files) });
}

/**
 * Sends commands to one server, over a connection of their own. Errors are values.
 * @param {Place} place
 * @param {RedisAddress['tls']} tls
 * @param {string[][]} hello
 * @param {(string | number)[][]} commands
 * @returns {Promise<Reply[]>}
 */
async function ask(place, tls, hello, commands) {
  const all = [...hello, ...commands];
  const socket = await open(place, tls);
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
  for (const reply of replies.slice(0, hello.length)) if (reply instanceof Error) throw reply;
  return replies.slice(hello.length);
}

/**
 * Tries places in turn; rejects as the last does.
 * @template T
 * @param {readonly Place[]} places
 * @param {(place: Place) => Promise<T>} attempt
 */
async function tryInTurn(places, attempt) {
  /** @type {unknown} */
  let last = new Error('there is no address');
  for (const place of places) {
    try {
      return await attempt(place);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/**
 * Asks the sentinels where the master is.
 * @param {RedisAddress} address
 * @returns {Promise<Place>}
 */
const findMaster = ({ hosts, masterName = '', tls, sentinelHello }) =>
  tryInTurn(hosts, async (sentinel) => {
    const question = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName];
    const [found] = await ask(sentinel, tls, sentinelHello, [question]);
    if (found instanceof Error) throw found;
    if (!Array.isArray(found)) throw new Error(`the sentinel knows no master ${masterName}`);
    return { host: String(found[0]), port: Number(found[1]) };
  });

/**
 * Has the nodes of a cluster say who has the keys of a command, and asks those.
 * @param {RedisAddress} address
 * @param {(string | number)[][]} commands
 */
async function askCluster({ hosts, tls, hello }, commands) {
  const [first, ...more] = await tryInTurn(hosts, async (place) => [
    place,
    ...(await ask(place, tls, hello, commands)),
  ]);
  const replies = /** @type {Reply[]} */ (more);
  for (const [index, command] of commands.entries()) {
    const reply = replies[index];
    const moved = reply instanceof Error && /^MOVED \d+ (.*):(\d+)$/.exec(reply.message);
    if (!moved) continue;
    // A node that does not know its own host leaves that out.
    const host = moved[1] || /** @type {{ host: string }} */ (first).host;
    const [answer] = await ask({ host, port: Number(moved[2]) }, tls, hello, [command]);
    replies[index] = answer ?? null;
  }
  return replies;
}

/**
 * @param {RedisAddress} address
 * @param {(string | number)[][]} commands
 */
async function askWhereItIs(address, commands) {
  const { mode, path, hosts, tls, hello } = address;
  if (mode === 'cluster') return askCluster(address, commands);
  const place = mode === 'sentinel' ? await findMaster(address) : path ? { path } : hosts[0];
  if (!place) throw new Error('there is no address');
  return ask(place, tls, hello, commands);
}

/**
 * Makes a sender of commands. Each call has a connection of its own: there are few of them, and nothing has to be kept
 * alive or repaired.
 * @param {RedisAddress} address
 * @returns {Send}
 */
export function createSend(address) {
  return async (commands) => {
    const replies = await askWhereItIs(address, commands);
    for (const reply of replies) if (reply instanceof Error) throw reply;
    return replies;
  };
}
