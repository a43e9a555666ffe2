import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import { FOLDER, LANGUAGES, runProgram, SECRET } from '../../support/clients/examples.ts';
import { openForgetfulProxy } from '../../support/clients/forgetful-proxy.ts';
import { answer, openHttpSink } from '../../support/http/http-sink.ts';
import { startProcess } from '../../support/processes.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

// An application in Django, and a program in Go: their tools are asked for, and skipped with a line where they are not there.

const succeeds = (command: string, args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore', timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
};
const python = ['python3', '/usr/bin/python3'].find((one) => succeeds(one, ['-c', 'import django']));
const hasGo = succeeds('go', ['version']);
const whereThere = (isThere: boolean, name: string, from: string) =>
  isThere
    ? ([describe, name] as const)
    : ([describe.skip, `${name} (skipped: apt-get install --no-install-recommends ${from})`] as const);

let product: Product;
let jpeg: Buffer;
const inFolder = (name: string, content?: Uint8Array | string): string => {
  const path = join(product.dir, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

beforeAll(async () => {
  jpeg = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#a37' } })
    .jpeg()
    .toBuffer();
  product = await startProduct({
    kinds: [['images', 'webhooks']],
    env: { WEBHOOKS_SECRETS: SECRET, WEBHOOKS_ALLOW: '127.0.0.1' },
  });
});
afterAll(() => product.close());

/** Posts a webhook with a signature of its own; answers the status. */
async function sendWebhook(url: string, { secret = SECRET, msAgo = 0 } = {}): Promise<number> {
  const body = JSON.stringify({ type: 'job.failed', timestamp: '2026-11-29T08:00:00.000Z', data: { id: 'img_1' } });
  const time = new Date(Date.now() - msAgo);
  const headers = {
    'webhook-id': 'whk_1',
    'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('whk_1', time, body),
  };
  return (await fetch(url, { method: 'POST', headers, body })).status;
}
const OTHER_SECRET = `whsec_${Buffer.from('a secret of somebody else').toString('base64')}`;
const judged = async (url: string) => [
  await sendWebhook(url),
  await sendWebhook(url, { secret: OTHER_SECRET }),
  await sendWebhook(url, { msAgo: 600_000 }),
];

{
  const [describeIt, name] = whereThere(python !== undefined, 'an application in Django', 'python3-django');
  describeIt(name, () => {
    const open = async (heavylift: string) => {
      const port = await findFreePort();
      const env = { ...LANGUAGES['python']?.env, HEAVYLIFT_URL: heavylift, HEAVYLIFT_KEY: KEYS.kari };
      const path = join(FOLDER, 'python/examples/django_app.py');
      const args = [path, 'runserver', '--noreload', `127.0.0.1:${port}`];
      const app = startProcess(python ?? '', args, { ...env, WEBHOOK_SECRET: SECRET });
      const url = `http://127.0.0.1:${port}`;
      const page = await until('the form', async () => fetch(`${url}/`));
      const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
      const [, token = ''] = /csrfmiddlewaretoken" value="(\w+)"/.exec(await page.text()) ?? [];
      const send = async (content: Uint8Array, fields: Record<string, string> = { csrfmiddlewaretoken: token }) => {
        const form = new FormData();
        for (const [field, value] of Object.entries(fields)) form.set(field, value);
        form.set('photo', new Blob([new Uint8Array(content)]), 'a photo.jpg');
        const sent = await fetch(`${url}/photo`, { method: 'POST', body: form, headers: { cookie } });
        return { status: sent.status, text: await sent.text(), retryAfter: sent.headers.get('retry-after') };
      };
      return { app, url, send };
    };

    it("passes a form's photo on, of any size, and hears of its end", async () => {
      const { app, url, send } = await open(product.url);
      const small = await send(jpeg);
      expect(small).toMatchObject({ status: 202, text: expect.stringMatching(/^img_\w+$/) });
      await until('its webhook', () => app.output().includes(`job.completed ${small.text}\n`));
      // Above 2.5 MB Django keeps an upload in a file.
      const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
      const large = await sharp({ create: { width: 1200, height: 1000, channels: 3, background: '#000', noise } })
        .png({ compressionLevel: 0 })
        .toBuffer();
      const { status, text } = await send(large);
      expect([large.length > 3_000_000, status]).toEqual([true, 202]);
      expect(await product.jobReaches(text, 'completed')).toMatchObject({ facts: { file: 'a photo.jpg' } });
      expect(await send(Buffer.from('no photo, but a text'))).toMatchObject({ status: 400 });
      expect((await send(jpeg, {})).status).toBe(403);
      expect(await judged(`${url}/webhook`)).toEqual([204, 400, 400]);
      await app.stop('SIGKILL');
    });

    it('Heavylift asks for patience: the visitor hears "later"', async () => {
      const busy = await openHttpSink(answer(429, { 'Retry-After': '90' }));
      const { app, send } = await open(busy.url);
      expect(await send(jpeg)).toEqual({ status: 503, text: 'Please try again soon.', retryAfter: '90' });
      await app.stop('SIGKILL');
      await busy.close();
    });
  });
}

{
  const [describeIt, name] = whereThere(hasGo, 'a program in Go', 'golang-go');
  describeIt(name, () => {
    const build = () => {
      const [source, program] = [join(FOLDER, 'go/photo.go'), inFolder('photo')];
      const env = {
        GOCACHE: inFolder('go-cache'),
        GOFLAGS: '-mod=mod',
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: product.dir,
      };
      if (!existsSync(program)) execFileSync('go', ['build', '-o', program, source], { env, timeout: 300_000 });
      return program;
    };
    const run = (url: string, args: string[], env: Record<string, string> = {}) =>
      runProgram(url, { command: [build(), ...args], env });

    it('a photo: its rendition, once, also where the answer to its POST is lost; a refusal in one line', async () => {
      const [file, out] = [inFolder('photo.jpg', jpeg), inFolder('go.webp')];
      const proxy = await openForgetfulProxy(product.url);
      const ended = await run(proxy.url, ['submit', file, '25', out]);
      await proxy.close();
      expect(ended).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^img_\w+\n$/) });
      expect(await sharp(readFileSync(out)).metadata()).toMatchObject({ format: 'webp', width: 25 });
      const none = inFolder('go-none.webp');
      const refused = await run(product.url, ['submit', file, '0', none]);
      expect(refused).toEqual({ code: 1, stdout: '', stderr: 'width must be a whole number from 1 to 16384.\n' });
      const cut = await run(product.url, ['submit', inFolder('cut.jpg', jpeg.subarray(0, -200)), '9', none]);
      expect(cut).toMatchObject({ code: 1, stderr: expect.stringContaining('could not be decoded') });
      const stranger = await run(product.url, ['submit', file, '9', none], { HEAVYLIFT_KEY: 'hl_nobody' });
      expect(stranger).toMatchObject({ code: 1, stderr: 'The API key is not known.\n' });
      expect(existsSync(none)).toBe(false);
    }, 400_000);

    it('receives what the product sends, and nothing else', async () => {
      const port = await findFreePort();
      const url = `http://127.0.0.1:${port}/`;
      const receiver = startProcess(build(), ['receive', String(port)], { WEBHOOK_SECRET: SECRET });
      await until('the receiver answers', () => fetch(url));
      const { stdout } = await run(product.url, ['submit', inFolder('photo.jpg', jpeg), '8', inFolder('8.webp'), url]);
      await until('its line', () => receiver.output().includes(`job.completed ${stdout.trim()}\n`));
      expect(await judged(url)).toEqual([204, 400, 400]);
      await receiver.stop('SIGKILL');
    }, 400_000);
  });
}
