import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { parseConfig } from '../../../workers/config.ts';
import { openWebhookSecrets, signWebhook } from '../../../workers/webhooks/signature.ts';
import { runCli } from '../../support/cli.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

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

describe('openWebhookSecrets', () => {
  let dir: ReturnType<typeof makeTempDir>;
  beforeEach(() => {
    dir = makeTempDir();
  });
  afterEach(() => dir.remove());

  it('WEBHOOKS_SECRETS: those, in their order', () => {
    expect(openWebhookSecrets(parseConfig({ WEBHOOKS_SECRETS: `${newer}, ${older}` }))).toEqual([newer, older]);
  });

  it('none set: one that follows from the deployment’s secret, on every host the same', () => {
    const [one, two, other] = ['a', 'a', 'b'].map((letter) =>
      openWebhookSecrets(parseConfig({ DATA_DIR: dir.path, DEPLOYMENT_SECRET: letter.repeat(32) })),
    );
    expect(one).toEqual([expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/)]);
    expect(two).toEqual(one);
    expect(other).not.toEqual(one);
  });

  it('the operator command prints what the worker signs with', async () => {
    const secrets = openWebhookSecrets(parseConfig({ DATA_DIR: dir.path }));
    const { code, stdout } = await runCli({ DATA_DIR: dir.path }, 'webhook-secret');
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${secrets.join('\n')}\n` });
    expect(stdout).not.toContain(readFileSync(join(dir.path, 'secret'), 'utf8').trim());
  });
});
