// @ts-check

/**
 * What the watch is told by the start, in a file: it reads no setting, and knows neither the kinds nor the queue.
 * @typedef {object} Plan
 * @property {string} supervisorSocket
 * @property {import('./redis.js').RedisAddress} redis
 * @property {number} drainMs How long jobs may take to end when everything stops.
 * @property {string} runId What the places of this supervisord's processes begin with.
 * @property {string} beats The folder in which processes show that they are alive.
 * @property {number} webWorkers How many web processes run; one more is the spare.
 * @property {{ [program: string]: Queue[] }} programs The programs whose processes show it, and the queues they work on.
 * @property {Ballast | null} ballast What makes room for Redis on a full disk; null where Redis is not on this host.
 * @property {string} alertsFile Where it keeps what people were told of.
 * @property {string} letGo The Lua script that lets go the jobs of workers that have ended.
 * @property {string} deathsKey The list of the last deaths, newest first.
 * @property {number} deathsKept How many of them are kept.
 * @property {string} restartsKey The hash that counts the restarts of each program.
 * @property {string} reportsKey The hash of what runs on each host.
 *
 * A queue, as the watch reads it.
 * @typedef {object} Queue
 * @property {string} active The list of jobs that run.
 * @property {string} jobPrefix What the key of a job begins with.
 * @property {string[]} letGoKeys The KEYS of the script.
 *
 * A file that is in the way of everybody but Redis.
 * @typedef {object} Ballast
 * @property {string} path
 * @property {number} bytes
 *
 * One death, as it is kept in Redis.
 * @typedef {object} Death
 * @property {string} at When it was seen (ISO 8601).
 * @property {string} host
 * @property {string} process `images-0`
 * @property {string} program
 * @property {string} how The signal, the exit status, `frozen` or `out of memory`.
 * @property {string[]} jobs The ids of the jobs that it held.
 */

export {};
