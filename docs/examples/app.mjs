// An application with an upload form, by Express: npm install express
//   HEAVYLIFT=https://jobs.example.com KEY=hl_... WEBHOOK_SECRET=whsec_... ORIGIN=https://shop.example PORT=8080 node app.mjs
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import express from 'express';

const { HEAVYLIFT, KEY, WEBHOOK_SECRET, ORIGIN, PORT } = env;
const page = readFileSync(new URL('page.html', import.meta.url), 'utf8').replaceAll('HEAVYLIFT', HEAVYLIFT);
const ask = async (path, { headers, ...request } = {}) => {
  const answer = await fetch(HEAVYLIFT + path, { ...request, headers: { Authorization: `Bearer ${KEY}`, ...headers } });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail);
  return body;
};
const OPTIONS = { width: 800, format: 'webp' };
const app = express();

// Who this is: in your application, whoever is signed in.
app.use((req, res, next) => {
  req.visitor = /visitor=([\w-]+)/.exec(req.headers.cookie)?.[1] ?? randomUUID();
  res.cookie('visitor', req.visitor, { httpOnly: true, sameSite: 'lax' });
  next();
});

app.get('/', (_req, res) => res.type('html').send(page));

// A token for this visitor's browser: what it may upload, from where, and what becomes of it. The key stays here.
app.get('/upload-token', async (req, res) => {
  const limits = { maxFiles: 4, maxBytes: '20MB', types: ['image/*'], expiresIn: '15m', origins: [ORIGIN] };
  const job = {
    kind: 'images',
    options: OPTIONS,
    metadata: { visitor: req.visitor },
    callbackUrl: `${ORIGIN}/webhook`,
  };
  const request = { ...job, ...limits, visitor: req.visitor };
  const body = JSON.stringify(request);
  const { token } = await ask('/v1/upload-tokens', {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json' },
  });
  res.set('Cache-Control', 'no-store').json({ token });
});

// The form has the ids of the jobs; without JavaScript it has the files, which are passed on.
app.post('/order', express.raw({ type: 'multipart/form-data', limit: '90mb' }), async (req, res) => {
  const form = await new Response(req.body, { headers: { 'Content-Type': req.get('content-type') } }).formData();
  const ids = [];
  for (const photo of form.getAll('photos')) {
    if (photo.size === 0) continue;
    const job = await (typeof photo === 'string'
      ? ask(`/v1/jobs/${encodeURIComponent(photo)}`)
      : passOn(photo, req.visitor));
    // An id that somebody else's photo has is no photo of this visitor.
    if (job.metadata.visitor === req.visitor) ids.push(job.id);
  }
  res.type('text').send(`Ordered: ${ids.join(' ')}`);
});

function passOn(photo, visitor) {
  const body = new FormData();
  const fields = { ...OPTIONS, metadata: JSON.stringify({ visitor }), callbackUrl: `${ORIGIN}/webhook` };
  for (const [name, value] of Object.entries({ ...fields, file: photo })) body.append(name, value);
  return ask('/v1/images', { method: 'POST', body });
}

// What became of them. It may come twice, so keep each webhook-id that you have acted on.
app.post('/webhook', express.raw({ type: '*/*', limit: '1mb' }), (req, res) => {
  const { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signatures = '' } = req.headers;
  const key = Buffer.from(WEBHOOK_SECRET.replace('whsec_', ''), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${time}.`).update(req.body).digest('base64');
  const expected = Buffer.from(`v1,${digest}`);
  const isSame = (given) => given.length === expected.length && timingSafeEqual(given, expected);
  if (
    !(Math.abs(Date.now() / 1000 - time) < 300) ||
    !signatures
      .split(' ')
      .map((one) => Buffer.from(one))
      .some(isSame)
  )
    return res.sendStatus(400);
  res.sendStatus(204);
  const { type, data } = JSON.parse(req.body);
  console.log(type, data.id, data.metadata.visitor);
});

app.listen(PORT, '127.0.0.1', () => console.log(`listening on port ${PORT}`));
