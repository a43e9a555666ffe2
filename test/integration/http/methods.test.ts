import { afterAll, beforeAll, expect, it } from '@jest/globals';
import request from 'supertest';
import { OWN_PATHS } from '../../../src/config/public-address.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterAll(() => test.close());

const ROUTES = [
  ['/v1/images', 'POST, OPTIONS'],
  ['/v1/emails/batch', 'POST, OPTIONS'],
  ['/v1/jobs', 'GET, HEAD, OPTIONS'],
  [`/v1/jobs/img_${'0'.repeat(26)}`, 'GET, HEAD, DELETE, OPTIONS'],
  [`/v1/jobs/img_${'0'.repeat(26)}/cancel`, 'POST, OPTIONS'],
  ['/v1/suppressions/a@example.no', 'GET, HEAD, PUT, DELETE, OPTIONS'],
  ['/livez', 'GET, HEAD, OPTIONS'],
  ['/', 'GET, HEAD, OPTIONS'],
] as const;

it.each(ROUTES)('OPTIONS %s: 204 and what is possible there', async (path, allow) => {
  const response = await request(test.app).options(path);
  expect([response.status, response.headers.allow, response.text]).toEqual([204, allow, '']);
});

it('no path of PUBLIC_URL may begin as one of the routes does', () => {
  interface Layer {
    route?: { path: string | string[] };
    handle: { stack?: Layer[] };
  }
  const pathsOf = ({ stack = [] }: Layer['handle']): string[] =>
    stack.flatMap(({ route, handle }) => (route ? [route.path].flat() : pathsOf(handle)));
  const firsts = pathsOf(test.app.router as unknown as Layer['handle']).map((path) => path.split('/')[1]);
  const names = new Set(firsts.filter((first) => first !== '' && first !== '*'));
  expect(names).toContain('jobs');
  expect([...names].filter((name) => !OWN_PATHS.includes(String(name)))).toEqual([]);
});

it('OPTIONS where there is nothing: 404', async () => {
  const nothing = await request(test.app).options('/v1/nothing');
  expect([nothing.status, nothing.headers.allow]).toEqual([404, undefined]);
});

it.each(ROUTES)('another method at %s: 405, and what is possible there', async (path, allow) => {
  const response = await request(test.app).patch(path).set('Authorization', bearer('kari'));
  expect([response.status, response.headers.allow]).toEqual([405, allow]);
  expect(response.body).toMatchObject({ code: 'method_not_allowed', detail: expect.stringContaining(allow) });
});

it('HEAD where nothing can be read, TRACE, and a path that can not be decoded', async () => {
  expect((await request(test.app).head('/v1/images')).status).toBe(405);
  expect((await request(test.app).trace('/v1/images')).status).toBe(405);
  expect((await request(test.app).patch('/v1/jobs/%ff')).status).toBeLessThan(500);
});
