import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { createJobFields } from '../../../src/queue/run/job-fields.ts';
import { openSecrets } from '../../../src/signing/secret.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { createInbox } from '../../../workers/emails/inbox/inbox.ts';
import { createReporters } from '../../../workers/emails/returns/reporters.ts';
import { exampleOf } from '../../support/documented-api.ts';
import { testConfig } from '../../support/matrix/test-config.ts';
import { KEYS } from '../../support/product.ts';
import { api, dataDir, FILE_LIMIT, statusOf } from './answers.ts';

describe('mails', () => {
  it('a batch: a verdict for each', async () => {
    const once = { headers: { 'Idempotency-Key': 'a batch' } };
    const batch = { messages: [exampleOf('emails'), { to: 'nobody' }] };
    const { status, body } = await api.postJson('postEmailsBatch', batch, once);
    expect([status, (body['items'] as { status: number }[]).map((item) => item.status)]).toEqual([202, [202, 400]]);
    await api.postJson('postEmailsBatch', batch, once);
  });

  it('an address: entered, asked for, listed, lifted; refused', async () => {
    const params = { address: 'gone@example.no' };
    const operator = { params, key: KEYS.operator };
    expect((await api.postJson('putSuppression', { reason: 'bounce' }, { params })).status).toBe(200);
    expect(await statusOf('getSuppression', params)).toBe(200);
    expect((await api.call('listSuppressions', { key: KEYS.operator })).status).toBe(200);
    expect((await api.call('listSuppressions', { key: KEYS.operator, query: '?limit=x' })).status).toBe(400);
    expect(await statusOf('listSuppressions', {})).toBe(403);
    expect(await statusOf('liftSuppression', params)).toBe(204);
    expect((await api.postJson('putSuppression', {}, { params, key: KEYS.operator })).status).toBe(200);
    expect(await statusOf('liftSuppression', params)).toBe(403);
    expect((await api.call('liftSuppression', operator)).status).toBe(204);
    expect(await statusOf('liftSuppression', params)).toBe(404);
    expect(await statusOf('getSuppression', params)).toBe(404);
    for (const operationId of ['getSuppression', 'putSuppression', 'liftSuppression']) {
      expect(await statusOf(operationId, { address: 'x' })).toBe(400);
      expect((await api.call(operationId, { params, key: KEYS.ola })).status).toBe(403);
    }
    for (const operationId of ['listSuppressions', 'getSuppression', 'putSuppression', 'liftSuppression']) {
      expect((await api.call(operationId, { params, key: null })).status).toBe(401);
    }
    const long = { note: 'x'.repeat(FILE_LIMIT) };
    expect((await api.postJson('putSuppression', long, { params })).status).toBe(413);
    const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await api.call('putSuppression', text)).status).toBe(415);
    expect((await api.postJson('addSuppressions', { suppressions: [{ ...params, reason: 'complaint' }] })).status).toBe(
      200,
    );
  });
});

describe('a mail that came back', () => {
  it('read, and refused', async () => {
    const [headers, body] = [{ 'Content-Type': 'message/rfc822' }, 'From: kari@example.no\r\n\r\nHei!\r\n'];
    const post = async (asked: object) => (await api.call('postReturnedMail', { body, headers, ...asked })).status;
    expect(await post({})).toBe(200);
    expect(await post({ body: '' })).toBe(400);
    expect(await post({ key: null })).toBe(401);
    expect(await post({ key: KEYS.ola })).toBe(403);
    expect(await post({ body: new Uint8Array(10_000_001) })).toBe(413);
  });

  it('reported by a provider, and refused', async () => {
    const reporters = createReporters(
      api.product.redis.client(),
      openSecrets({ ...defaultConfig(), DATA_DIR: dataDir }),
    );
    const token = String(await reporters.create({ name: 'one', provider: 'postmark', caller: 'kari' }, null));
    const other = String(await reporters.create({ name: 'two', provider: 'sendgrid', caller: 'kari' }, 'x'));
    const post = async (provider: string, given: string, body: string | Uint8Array<ArrayBuffer>) =>
      (await api.call('postMailEvents', { params: { provider, token: given }, body, key: null })).status;
    expect(await post('postmark', token, '{"RecordType":"Open"}')).toBe(204);
    expect(await post('postmark', token, 'no JSON')).toBe(400);
    expect(await post('postmark', token, new Uint8Array(2_000_001))).toBe(413);
    expect(await post('postmark', other, '{}')).toBe(404);
    expect(await post('sendgrid', other, '[]')).toBe(403);
  });
});

describe('the inbox', () => {
  /** Keeps a mail as a worker without a relay does; the product here has one. */
  async function keep(source: string) {
    const redis = api.product.redis.client();
    const storage = await openStorage(testConfig(api.product.redis.url, dataDir));
    const inbox = createInbox({
      config: defaultConfig(),
      redis,
      jobFields: createJobFields(redis, 'emails'),
      storage,
    });
    const job = (await api.postJson('postEmails', exampleOf('emails'))).body.id;
    const facts = { caller: 'kari', from: 'a@example.no', to: ['kari@example.no'], subject: 'Hei' };
    return inbox.add(
      job,
      { ...facts, messageId: '<1@example.no>', attachmentCount: 1 },
      Readable.from([Buffer.from(source)]),
    );
  }
  const part = 'Content-Disposition: attachment; filename=a.txt\r\n\r\nHei';

  it('a list, a mail, its parts; what can not be read; emptying it', async () => {
    const { id } = await keep(`Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${part}\r\n--b--\r\n`);
    const deep = Array.from(
      { length: 300 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
    );
    const unreadable = await keep(deep.join(''));
    const asked = { params: { id, number: '1' }, key: KEYS.operator };
    const waiting = { ...asked, headers: { Prefer: 'wait=10' }, query: `?job=${unreadable.job}` };
    expect((await api.call('listInbox', waiting)).headers.get('preference-applied')).toBe('wait=10');
    expect((await api.call('listInbox', { ...asked, query: '?after=then' })).status).toBe(400);
    expect((await api.call('emptyInbox', { ...asked, query: '?limit=1' })).status).toBe(400);
    for (const operationId of ['getInboxMail', 'getInboxSource', 'getInboxAttachment']) {
      expect([operationId, (await api.call(operationId, asked)).status]).toEqual([operationId, 200]);
    }
    const unread = { ...asked, params: { id: unreadable.id, number: '1' } };
    expect((await api.call('getInboxMail', unread)).body['unread']).toContain('can not be read');
    expect((await api.call('getInboxAttachment', unread)).status).toBe(413);
    expect((await api.call('deleteInboxMail', asked)).status).toBe(204);
    for (const operationId of ['getInboxMail', 'getInboxSource', 'getInboxAttachment', 'deleteInboxMail']) {
      expect([operationId, (await api.call(operationId, asked)).status]).toEqual([operationId, 404]);
    }
    for (const operationId of [
      'listInbox',
      'emptyInbox',
      'getInboxMail',
      'getInboxSource',
      'getInboxAttachment',
      'deleteInboxMail',
    ]) {
      expect((await api.call(operationId, { ...asked, key: KEYS.kari })).status).toBe(403);
      expect((await api.call(operationId, { ...asked, key: null })).status).toBe(401);
    }
    expect((await api.call('emptyInbox', asked)).body).toEqual({ deleted: 1 });
  });
});

describe('mails that may have arrived', () => {
  it('listed, sent again and said to have arrived; what is known, or not there; without the key for it', async () => {
    const operator = { key: KEYS.operator };
    api.smtp.misbehaviour.data = 'cut';
    const lose = async () => {
      const { id } = (await api.postJson('postEmails', exampleOf('emails'))).body;
      await api.product.jobReaches(id, 'completed');
      return { params: { id } };
    };
    const [sent, arrived] = [await lose(), await lose()];
    delete api.smtp.misbehaviour.data;
    expect((await api.call('listUnknownMails', operator)).body['mails']).toEqual(
      expect.arrayContaining([arrived, sent].map((one) => expect.objectContaining(one.params))),
    );
    expect((await api.call('listUnknownMails', { ...operator, query: '?limit=0' })).status).toBe(400);
    for (const [operationId, asked, status] of [
      ['sendUnknownMailAgain', sent, 202],
      ['sayUnknownMailArrived', arrived, 200],
    ] as const) {
      const answers = [status, 409, 404, 401, 403];
      const ways = [asked, asked, { params: { id: 'eml_none' } }, { ...asked, key: null }, { ...asked, key: KEYS.ola }];
      for (const [index, way] of ways.entries()) {
        expect((await api.call(operationId, way)).status).toBe(answers[index]);
      }
    }
    expect((await api.call('listUnknownMails', { key: null })).status).toBe(401);
    expect((await api.call('listUnknownMails')).status).toBe(403);
  });
});
