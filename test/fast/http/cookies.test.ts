import { expect, it } from '@jest/globals';
import express, { type Request } from 'express';
import request from 'supertest';
import { toAppError } from '../../../src/errors.ts';
import { createCookies } from '../../../src/http/auth/cookies.ts';
import { securityHeaders } from '../../../src/http/auth/security.ts';

const ID = 'dep_0123456789abcdef';

/** What a browser is sent by a deployment at that address, and what is read of the cookies it sends back. */
async function visit(publicUrl: string, { id, sent = '' }: { id?: () => string | null; sent?: string } = {}) {
  const cookies = createCookies(publicUrl, id);
  const app = express();
  app.use(securityHeaders(publicUrl));
  app.get('/', (req, res) => {
    cookies.set(res, 'session', 'value', 60);
    res.json({ read: cookies.read(req as Request, 'session') ?? null });
  });
  app.use(((error, _req, res, _next) => {
    res.status(toAppError(error).status).json({ code: toAppError(error).code });
  }) as express.ErrorRequestHandler);
  const { body, headers, status } = await request(app).get('/').set('Cookie', sent);
  const [pair = '', ...attributes] = String(headers['set-cookie'] ?? '').split('; ');
  return { status, body, pair, attributes, hsts: headers['strict-transport-security'] };
}

it.each([
  ['http://127.0.0.1:3000', 'heavylift_session_89abcdef', 'Path=/', false, undefined],
  ['https://jobs.example', '__Host-heavylift_session_89abcdef', 'Path=/', true, 'max-age=31536000'],
  ['https://jobs.example/', '__Host-heavylift_session_89abcdef', 'Path=/', true, 'max-age=31536000'],
  ['https://shop.example/tools/jobs', '__Secure-heavylift_session_89abcdef', 'Path=/tools/jobs', true, undefined],
  ['http://shop.example/jobs/', 'heavylift_session_89abcdef', 'Path=/jobs', false, undefined],
])('%s: the cookie is %s, %s; Secure: %s; HSTS: %s', async (url, name, path, isSecure, hsts) => {
  const visited = await visit(url, { id: () => ID });
  expect(visited.pair).toBe(`${name}=value`);
  expect(visited.attributes).toContain(path);
  expect(visited.attributes.includes('Secure')).toBe(isSecure);
  expect(visited.attributes.some((one) => one.startsWith('Domain'))).toBe(false);
  expect(visited.hsts).toBe(hsts);
});

it('only the cookie of the own name is read: not another deployment’s on this host, nor one without the prefix', async () => {
  const own = '__Host-heavylift_session_89abcdef';
  const others = 'heavylift_session_89abcdef=a; __Host-heavylift_session_76543210=b; __Host-heavylift_session=c';
  const read = async (sent: string) => (await visit('https://jobs.example', { id: () => ID, sent })).body.read;
  expect([await read(others), await read(`${others}; ${own}=d`)]).toEqual([null, 'd']);
});

it('before the id of the deployment is known nobody can be signed in', async () => {
  const visited = await visit('https://jobs.example', { id: () => null });
  expect([visited.status, visited.body.code]).toEqual([503, 'queue_unavailable']);
});
