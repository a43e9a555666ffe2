import { describe, expect, it } from '@jest/globals';
import { createLinks } from '../../src/signing/links.ts';
import { formOf } from '../support/documented-api.ts';
import {
  api,
  asOperator,
  isForm,
  isFurtherWay,
  operationsOf,
  photo,
  secretOf,
  statusOf,
  volume,
} from './openapi-answers/answers.ts';
import './openapi-answers/accepting.ts';
import './openapi-answers/jobs.ts';
import './openapi-answers/uploads.ts';
import './openapi-answers/signed-addresses.ts';
import './openapi-answers/flows.ts';
import './openapi-answers/webhooks.ts';
import './openapi-answers/brands-and-templates.ts';
import './openapi-answers/batches.ts';
import './openapi-answers/emails.ts';
import './openapi-answers/calls.ts';
import './openapi-answers/schedules.ts';

/** What routes are asked that have no example, since only the caller knows which jobs are there. */
const archivedBody = (operationId: string, id: string) =>
  operationId === 'postArchivedResults' ? { ids: [id] } : null;
const archivedQuery = (operationId: string, id: string) =>
  operationId === 'getArchivedResults' ? { query: `?ids=${id}` } : {};

describe('in the end', () => {
  it('Redis is away: every route that needs it answers 503', async () => {
    expect(await statusOf('getLiveness', {})).toBe(200);
    expect(await statusOf('getReadiness', {})).toBe(200);
    const token = String((await api.postJson('createUploadToken', { kind: 'images' })).body['token']);
    await api.product.redis.kill();
    const id = `img_${'0'.repeat(26)}`;
    const params = { id, name: 'x', subject: 'x', address: 'a@example.no', number: '1', provider: 'ses' };
    // Each leads somewhere, as far as can be seen without Redis.
    const link = createLinks([secretOf()], '').resultUrl({ job: id, file: null }, Date.now() + 600_000);
    const signed = { caller: 'kari', signature: 'x'.repeat(43), token: link.slice('/r/'.length) };
    for (const { operationId, requestBody, responses, security } of operationsOf(api)) {
      if (!responses['503'] || isFurtherWay(operationId)) continue;
      const shown = requestBody?.content['application/json']?.examples?.['example']?.value;
      const example = shown ?? archivedBody(operationId, id);
      const sending = example
        ? api.postJson(operationId, example, { params })
        : api.call(operationId, {
            params: { ...params, ...(security.length === 0 ? signed : {}) },
            ...archivedQuery(operationId, id),
            ...asOperator(operationId),
            ...(security.every((one) => 'uploadToken' in one) && security.length > 0 ? { key: token } : {}),
            ...(requestBody && {
              body: isForm(requestBody) ? formOf({ file: '(the file)' }, photo) : `words about eml_${'0'.repeat(26)}`,
            }),
          });
      expect([operationId, (await sending).status]).toEqual([operationId, 503]);
    }
    await api.product.redis.start();
  });

  it('every documented answer was seen', () => {
    const documented = operationsOf(api).flatMap(({ operationId, responses }) =>
      Object.keys(responses).flatMap((status) =>
        status === 'default' || isFurtherWay(operationId) ? [] : [`${operationId} ${status}`],
      ),
    );
    // What wants files in a bucket is seen by test/long/storage/s3-storage.test.ts.
    const unseen = documented.filter((one) => !api.seen.has(one) && !one.endsWith(' 307'));
    expect(volume ? unseen : unseen.filter((one) => !one.endsWith(' 507'))).toEqual([]);
  });
});
