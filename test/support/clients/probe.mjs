// Calls one method of the client and prints what came of it: probe.mjs METHOD ARGUMENTS, a list in JSON, the last of them options.
import { Heavylift, HeavyliftError } from '../../../clients/node/src/index.js';

const [method, json] = process.argv.slice(2);
const args = JSON.parse(json);
const { client = {}, ...named } = args.pop();
// Node has the body of `request` among its options.
if (method === 'request' && args.length > 2) named.json = args.pop();
// And of a batch the entries alone.
if (method === 'batch') args.push(Object.values(args.pop())[0]);
try {
  const called = new Heavylift(client)[method](...args, ...(Object.keys(named).length > 0 ? [named] : []));
  const value = called[Symbol.asyncIterator] ? await collect(called) : await called;
  console.log(JSON.stringify({ value: value ?? null }));
} catch (error) {
  if (!(error instanceof HeavyliftError)) throw error;
  const { name, code, status, retryAfter = null, message: detail } = error;
  console.log(JSON.stringify({ error: name, code, status, retryAfter, detail }));
}

async function collect(values) {
  const all = [];
  for await (const one of values) all.push(one);
  return all;
}
