import { describe, expect, it } from '@jest/globals';
import { exampleOf, formOf } from '../../support/documented-api.ts';
import { KEYS } from '../../support/product.ts';
import { api, delayed, FILE_LIMIT, photo } from './answers.ts';

describe('pictures and reports', () => {
  it('a batch: a verdict for each, how far it is, and its results as a zip', async () => {
    const items = [{ width: 20 }, { width: 'wide' }];
    const form = formOf({ items }, photo);
    for (const name of ['a.jpg', 'b.jpg']) form.append('file', new Blob([new Uint8Array(photo)]), name);
    const { body } = await api.call('postImagesBatch', { body: form });
    const [picture] = body['items'] as { status: number; job: { id: string } }[];
    expect((body['items'] as { status: number }[]).map(({ status }) => status)).toEqual([202, 400]);
    const { status } = await api.postJson('postReportsBatch', { reports: [exampleOf('reports')] });
    expect(status).toBe(202);
    const params = { id: body.id };
    expect((await api.call('getBatch', { params })).body['total']).toBe(1);
    expect((await api.call('getBatch', { params, key: null })).status).toBe(401);
    expect((await api.call('getBatch', { params, key: KEYS.ola })).status).toBe(404);
    await api.product.jobReaches(String(picture?.job.id), 'completed');
    const query = `?batch=${body.id}`;
    const later = (await api.postJson('postReports', delayed())).body.id;
    for (const [asked, wanted] of [
      [{ query }, 200],
      [{ query: '' }, 400],
      [{ query, key: null }, 401],
      [{ query, key: KEYS.ola }, 404],
      [{ query: `?ids=${later}` }, 409],
    ] as const) {
      expect((await api.call('getArchivedResults', asked)).status).toBe(wanted);
    }
    for (const [asked, wanted] of [
      [{ batch: body.id }, 200],
      [{ ids: [] }, 400],
      [{ ids: [later] }, 409],
      [{ ids: [`img_${'0'.repeat(26)}`] }, 404],
      [{ ids: 'x'.repeat(FILE_LIMIT) }, 413],
    ] as const) {
      expect((await api.postJson('postArchivedResults', asked)).status).toBe(wanted);
    }
    expect((await api.postJson('postArchivedResults', { batch: body.id }, { key: null })).status).toBe(401);
    const text = { body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await api.call('postArchivedResults', text)).status).toBe(415);
  });
});
