#!/usr/bin/env node
// A client of Heavylift in Node 20 or newer, without a package. Take from it what you need.
//
//   URL=http://127.0.0.1:3000 KEY=... node node.mjs submit FILE WIDTH OUT [CALLBACK_URL]
//   URL=http://127.0.0.1:3000 KEY=... node node.mjs watch JOB_ID
//   WEBHOOK_SECRET=whsec_... node node.mjs receive PORT
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { argv, env } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

const { URL: url = 'http://127.0.0.1:3000', KEY: key = '', WEBHOOK_SECRET: webhookSecret } = env;
const TRIES = 5;
const MAX_WEBHOOK_BYTES = 1_000_000;
const TOLERANCE_SECONDS = 300;

/** What the server refused (RFC 9457): `message` is its sentence, `code` is there for programs to act on. */
class ApiError extends Error {
  constructor({ detail, code, errors = [] }) {
    super(detail);
    this.code = code;
    this.errors = errors; // one { pointer, detail } for each faulty field
  }
}

/** Asks the API. What gets no answer, or "not now" (429, 5xx), is asked again: an Idempotency-Key makes that safe. */
async function call(path, init = {}) {
  const headers = { Authorization: `Bearer ${key}`, ...init.headers };
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(url + path, { ...init, headers }).catch((error) => {
      if (tries === TRIES) throw error;
    });
    if (answer?.ok) return answer;
    const mayPass = !answer || answer.status === 429 || answer.status >= 500;
    if (!mayPass || tries === TRIES) throw await readError(answer);
    await delay(1000 * (Number(answer?.headers.get('Retry-After')) || 2 ** (tries - 1)));
  }
}

async function readError(answer) {
  const isProblem = answer.headers.get('Content-Type')?.startsWith('application/problem+json');
  return new ApiError(isProblem ? await answer.json() : { detail: `The server answered ${answer.status}.` });
}

/** Posts an image, waits for its rendition and writes it to `out`. */
async function submit(file, width, out, callbackUrl = '') {
  const content = await readFile(file);
  const form = new FormData();
  form.set('file', new Blob([content]));
  form.set('width', width);
  form.set('callbackUrl', callbackUrl); // a field that is left empty counts as not sent
  // The same work has the same key, however often it is sent: one job. The id of your own record does it as well.
  const name = createHash('sha256').update(content).update(`${width} ${callbackUrl}`).digest('hex');
  const headers = { 'Idempotency-Key': `"${name}"` };
  const accepted = await call('/v1/images', { method: 'POST', body: form, headers });
  const { id } = await accepted.json();
  console.log(id);

  const job = await waitForEnd(id);
  if (job.state !== 'completed') throw new ApiError(job.error);
  const result = await call(`/v1/jobs/${id}/result`);
  await writeFile(out, Buffer.from(await result.arrayBuffer()));
}

/** The job once it has ended. Each request is held by the server until then, or for 30 seconds. */
async function waitForEnd(id) {
  for (;;) {
    const job = await (await call(`/v1/jobs/${id}`, { headers: { Prefer: 'wait=30' } })).json();
    if (['completed', 'failed', 'cancelled'].includes(job.state)) return job;
  }
}

/** Prints each event of the job until it has ended; a connection that breaks is taken up where it was. */
async function watch(id) {
  let lastId = '';
  for (;;) {
    const stream = await call(`/v1/jobs/${id}/events`, { headers: lastId ? { 'Last-Event-ID': lastId } : {} });
    if (stream.status === 204) return; // the last event had been seen
    try {
      for await (const event of readEvents(stream.body)) {
        lastId = event.id;
        const job = JSON.parse(event.data);
        console.log(`${job.state} ${job.progress.percent} %`);
        if (job.state === 'failed' || job.state === 'cancelled') throw new ApiError(job.error);
        if (job.state === 'completed') return;
      }
    } catch (error) {
      if (error instanceof ApiError) throw error;
    }
    await delay(1000);
  }
}

/** Server-sent events: fields on lines, an empty line after each event, comments (": ...") in between. */
async function* readEvents(body) {
  let text = '';
  for await (const part of body.pipeThrough(new TextDecoderStream())) {
    const frames = (text + part).split('\n\n');
    text = frames.pop();
    for (const frame of frames) {
      const fields = frame.split('\n').map((line) => /^(\w+): (.*)/.exec(line)?.slice(1));
      const event = Object.fromEntries(fields.filter(Boolean));
      if (event.data) yield event;
    }
  }
}

/** Why a webhook is not to be trusted (https://www.standardwebhooks.com), or null. `body`: the bytes as they came. */
function findFault(headers, body, secret) {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
  const age = Date.now() / 1000 - Number(timestamp);
  if (!(Math.abs(age) <= TOLERANCE_SECONDS)) return 'its timestamp is not of now';
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const expected = Buffer.from(`v1,${digest}`);
  // Several while the secret is being changed: one of them has to match.
  const matches = signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
  return matches ? null : 'no signature matches';
}

async function readBody(req) {
  const parts = [];
  let bytes = 0;
  for await (const part of req) {
    bytes += part.length;
    if (bytes > MAX_WEBHOOK_BYTES) throw new Error('its body is too long');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Takes webhooks. A webhook can arrive twice: an application keeps each webhook-id it has acted on. */
function receive(port) {
  if (!webhookSecret) throw new Error('WEBHOOK_SECRET is not set.');
  const server = createServer(async (req, res) => {
    try {
      const body = await readBody(req);
      const fault = findFault(req.headers, body, webhookSecret);
      if (fault) throw new Error(fault);
      // Answer at once and work afterwards: what takes long counts as a failure and comes again.
      res.writeHead(204).end();
      const { type, data } = JSON.parse(body);
      console.log(`${type} ${data.id}`);
    } catch (error) {
      console.error(`refused: ${error.message}`);
      if (!res.headersSent) res.writeHead(400, { Connection: 'close' }).end();
    }
  });
  server.listen(Number(port), '127.0.0.1', () => console.log(`waiting for webhooks on port ${port}`));
}

const [command, ...args] = argv.slice(2);
const commands = { submit, watch, receive };
try {
  const run = commands[command];
  if (!run || args.length < run.length) {
    throw new Error('usage: node.mjs submit FILE WIDTH OUT [CALLBACK_URL] | watch JOB_ID | receive PORT');
  }
  await run(...args);
} catch (error) {
  console.error(error.cause?.message || error.message);
  process.exitCode = 1;
}
