import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterEach(() => test.clear());
afterAll(() => test.close());

const report = (fields: object) => JSON.stringify({ data: { title: 'T' }, ...fields });
const post = () => request(test.app).post('/v1/reports').set('Authorization', bearer('kari'));
const bytes = Buffer.from([0, 255, 1, 254]);

describe('attachments and passwords over HTTP', () => {
  it('a file that is attached: may be of any sort; a table’s may not', async () => {
    const attachments = [{ filename: 'a.bin', file: 'attachment1' }];
    const answer = await post().field('report', report({ attachments })).attach('attachment1', bytes, 'a.bin');
    expect(answer.status).toBe(202);
    const job = await test.producer.find(answer.body.id);
    expect(job?.envelope.uploads).toMatchObject({ attachment1: { type: 'application/octet-stream', bytes: 4 } });
    const data = { title: 'T', blocks: [{ type: 'table', rows: { file: 'sales' } }] };
    const refused = await post().field('report', report({ data })).attach('sales', bytes, 'a.bin');
    expect(refused.status).toBe(415);
  });

  it('a file that nobody attaches, or that does not come: refused, and nothing is stored', async () => {
    const attachments = [{ filename: 'a.bin', file: 'attachment1' }];
    expect((await post().field('report', report({ attachments }))).status).toBe(400);
    expect((await post().field('report', report({})).attach('attachment1', bytes, 'a.bin')).status).toBe(400);
    expect(await test.storedFiles()).toEqual([]);
  });

  it('a password: is in none of the answers and pages about the job', async () => {
    const password = 'Zy9-blueberry';
    const { body, text } = await post().send(JSON.parse(report({ password })));
    const get = (path: string) => request(test.app).get(path).set('Authorization', bearer('kari'));
    const answers = [
      text,
      (await get(`/v1/jobs/${body.id}`)).text,
      (await get('/v1/jobs')).text,
      (await get(`/jobs/${body.id}`).set('Accept', 'text/html')).text,
      (await get('/jobs').set('Accept', 'text/html')).text,
    ];
    for (const answer of answers) expect(answer).toContain(body.id);
    for (const answer of answers) expect(answer).not.toContain(password);
  });

  it('a password: is hidden in the dashboard of the queues', async () => {
    const password = 'Zy9-blueberry';
    const { body } = await post().send(JSON.parse(report({ password })));
    const board = request(test.app).get('/admin/queues/api/queues?activeQueue=reports&status=waiting&page=1');
    const { status, text } = await board.set('Authorization', bearer('operator'));
    expect(status).toBe(200);
    expect(text).toContain(body.id);
    expect(text).toContain('(hidden)');
    expect(text).not.toContain(password);
  });
});
