import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { signWebhook } from '../../../src/delivery/signature.ts';

const [newer, older] = ['n', 'o'].map((letter) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`) as [
  string,
  string,
];
const id = `whk_${'0'.repeat(26)}`;
const body = '{"type":"job.completed","data":{"name":"Kåre Ødegård 🎈"}}';

describe('signWebhook', () => {
  it('each secret: verified by the reference library', () => {
    const headers = signWebhook(id, new Date(), body, [newer, older]);
    for (const secret of [newer, older]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  });

  it('the same input: exactly what the reference library signs', () => {
    const sentAt = new Date('2026-11-23T08:00:00.900Z');
    expect(signWebhook(id, sentAt, body, [newer, older])).toEqual({
      'webhook-id': id,
      'webhook-timestamp': '1795420800',
      'webhook-signature': [newer, older].map((secret) => new Webhook(secret).sign(id, sentAt, body)).join(' '),
    });
  });

  it.each([
    ['another secret', older, body, {}],
    ['another body', newer, body.replace('completed', 'failed'), {}],
    ['another id', newer, body, { 'webhook-id': `whk_${'1'.repeat(26)}` }],
    ['another time', newer, body, { 'webhook-timestamp': String(Math.floor(Date.now() / 1000) - 1) }],
  ])('%s: the reference library refuses it', (_what, secret, text, changes) => {
    const headers = { ...signWebhook(id, new Date(), body, [newer]), ...changes };
    expect(() => new Webhook(secret).verify(text, headers)).toThrow('No matching signature found');
  });
});
