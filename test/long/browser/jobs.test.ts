import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { drawPhoto, signIn } from '../../support/browser/browser.ts';
import { useBrowser } from '../../support/browser/use-browser.ts';
import { answer, type HttpSink, hang, openHttpSink } from '../../support/http/http-sink.ts';
import { KEYS, type Product, postPhoto } from '../../support/product.ts';
import { until } from '../../support/until.ts';

describe('jobs in a browser', () => {
  let product: Product;
  let sink: HttpSink;
  let page: Page;
  /** Paths below /v1 that the pages asked for. */
  let asked: string[];

  beforeAll(async () => {
    sink = await openHttpSink();
  });
  useBrowser(
    () => ({ kinds: ['images', 'webhooks'], env: { WEBHOOKS_ALLOW: '127.0.0.1' } }),
    (opened) => {
      ({ product, page } = opened);
    },
  );
  afterAll(() => sink.close());
  beforeEach(async () => {
    sink.script = answer(200);
    sink.requests.length = 0;
    asked = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/v1/')) asked.push(pathname);
    });
    await signIn(page, KEYS.kari);
  });
  afterEach(async () => {
    await steer('images', 'resume');
    await steer('webhooks', 'resume');
  });

  const steer = (kind: string, action: 'pause' | 'resume') =>
    product.request(`/admin/${kind}/${action}`, { method: 'POST', key: KEYS.operator, redirect: 'manual' });
  const card = (state: string) => page.locator(`[data-job][data-state="${state}"]`);
  const open = async (id: string) => {
    await page.goto(`/jobs/${id}`);
    await page.evaluate(() => document.body.setAttribute('data-still-here', ''));
  };
  const wasNeverLeft = async () => (await page.locator('body[data-still-here]').count()) === 1;
  const newest = async (query: string) => {
    const { jobs } = (await (await product.request(`/v1/jobs?${query}`)).json()) as { jobs: { id: string }[] };
    return jobs[0]?.id ?? null;
  };
  /** A webhook that is being sent to a server that does not answer; its id. */
  async function runWebhook(): Promise<string> {
    sink.script = hang;
    await postPhoto(product, { callbackUrl: `${sink.url}/hook` });
    await until('the webhook is being sent', () => sink.requests.length === 1);
    return until('the webhook is listed', () => newest('kind=webhooks&state=active'));
  }

  describe('cancelling', () => {
    it('one that waits: cancelled by its button, not run when the queue goes on, done after Run again', async () => {
      await steer('images', 'pause');
      const id = await postPhoto(product);
      await open(id);
      await page.getByRole('button', { name: 'Cancel this job' }).click();
      await card('cancelled').waitFor();
      expect(await page.getByRole('button', { name: 'Cancel this job' }).count()).toBe(0);
      await steer('images', 'resume');
      await product.jobReaches(await postPhoto(product), 'completed');
      await product.jobReaches(id, 'cancelled');
      await page.getByRole('button', { name: 'Run again' }).click();
      await card('completed').waitFor();
    });

    it('one that runs: said to be stopping, then shown as cancelled in place', async () => {
      const id = await runWebhook();
      await page.goto(`/jobs/${id}`);
      await card('active').waitFor();
      // A worker that stands still can't have stopped before the page is looked at.
      product.workers[1]?.signal('SIGSTOP');
      await page.getByRole('button', { name: 'Cancel this job' }).click();
      await page.getByText('It was cancelled; its worker is stopping it.').waitFor();
      await page.evaluate(() => document.body.setAttribute('data-still-here', ''));
      expect(await page.getByRole('button', { name: 'Cancel this job' }).count()).toBe(0);
      product.workers[1]?.signal('SIGCONT');
      await card('cancelled').waitFor();
      expect(await wasNeverLeft()).toBe(true);
    });

    it('somebody else cancels it: the open page shows it by the events alone', async () => {
      const id = await runWebhook();
      await open(id);
      await until('the page listens', () => asked.includes(`/v1/jobs/${id}/events`));
      expect((await product.request(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(202);
      await card('cancelled').waitFor();
      expect(await page.locator('#job-status').textContent()).toBe('Cancelled. The job was cancelled.');
      expect(await page.title()).toMatch(/: Cancelled · Heavylift$/);
      expect(await wasNeverLeft()).toBe(true);
      expect(asked).toEqual([`/v1/jobs/${id}/events`]);
    });
  });

  describe('watching', () => {
    it('the events do not get through: the page asks instead, and shows the end', async () => {
      await page.route('**/events', (route) => route.abort());
      await steer('images', 'pause');
      const id = await postPhoto(product);
      await open(id);
      await until('the page asks', () => asked.includes(`/v1/jobs/${id}`));
      await steer('images', 'resume');
      await card('completed').waitFor();
      expect(asked.filter((path) => path.endsWith('/events'))).toHaveLength(1);
      expect(await wasNeverLeft()).toBe(true);
    });

    it('the web process is killed and comes back: the page says so, and shows the end', async () => {
      await steer('images', 'pause');
      await open(await postPhoto(product));
      await until('the page listens', () => asked.some((path) => path.endsWith('/events')));
      await product.web.stop('SIGKILL');
      await page.getByText('The connection is gone. Trying again.').waitFor();
      await product.restartWeb();
      await steer('images', 'resume');
      await card('completed').waitFor();
      expect(await wasNeverLeft()).toBe(true);
    });

    it('three jobs on one page: one stream, and all are shown to their end', async () => {
      await steer('images', 'pause');
      await page.goto('/');
      for (const count of [1, 2, 3]) {
        await page.getByLabel('Choose pictures').setInputFiles(await drawPhoto(40, 30, `photo-${count}.jpg`));
        await page.getByRole('button', { name: 'Resize' }).click();
        if (count > 1) await page.getByRole('button', { name: `Details photo-${count}.jpg` }).click();
        await until(`${count} cards`, async () => (await card('waiting').count()) === count);
      }
      expect(asked.filter((path) => path.endsWith('/events'))).toHaveLength(1);
      await steer('images', 'resume');
      await until('all are done', async () => (await card('completed').count()) === 3);
    });

    it('the place in line: shown anew when those before are gone', async () => {
      await steer('images', 'pause');
      const [first, second] = [await postPhoto(product), await postPhoto(product)];
      await open(second);
      expect(await page.locator('.sentence').textContent()).toBe(
        'Images are paused at the moment. 2nd in line for a worker.',
      );
      await product.request(`/v1/jobs/${first}/cancel`, { method: 'POST' });
      await page.getByText('Next in line for a worker.').waitFor();
      expect(await wasNeverLeft()).toBe(true);
    });
  });

  describe('a callback', () => {
    it('its state and each attempt stand on the job’s page, which follows it after the job’s end', async () => {
      await steer('webhooks', 'pause');
      const id = await postPhoto(product, { callbackUrl: `${sink.url}/hook`, subject: 'customer-9' });
      await product.jobReaches(id, 'completed');
      await open(id);
      const callback = page.locator('.callback');
      expect(await callback.locator('.state').textContent()).toBe('Waiting');
      expect(await callback.locator('.address').textContent()).toBe(`${sink.url}/hook`);
      await steer('webhooks', 'resume');
      await callback.locator('.state-completed').waitFor();
      expect(await callback.locator('.outcome').allTextContents()).toEqual([
        expect.stringMatching(/^Attempt 1 Answered 200$/),
      ]);
      expect(await wasNeverLeft()).toBe(true);
    });

    it('a receiver that answers 500: the answer is in the log, on the webhook’s own page too; Cancel ends the trying', async () => {
      sink.script = answer(500);
      const id = await postPhoto(product, { callbackUrl: `${sink.url}/hook` });
      await open(id);
      await page.locator('.callback .state-delayed').waitFor();
      await page.locator('.callback .outcome').first().waitFor();
      const log = await page.locator('.callback .outcome').allTextContents();
      expect(log).toEqual(['Attempt 1 Answered 500']);
      await page.getByRole('link', { name: 'The webhook’s job' }).click();
      await page.waitForURL('/jobs/whk_*');
      expect(await page.locator('.outcome').allTextContents()).toEqual(log);
      await page.getByRole('button', { name: 'Cancel this job' }).click();
      await card('cancelled').waitFor();
      await page.getByRole('link', { name: id }).click();
      await page.waitForURL(`/jobs/${id}`);
      expect(await page.locator('.callback .state').textContent()).toBe('Cancelled');
    });

    it('one that waits: Send now on the job’s page sends it; its page shows the payload', async () => {
      sink.script = answer(500, {}, 'what an inner host says');
      const id = await postPhoto(product, { callbackUrl: `${sink.url}/hook` });
      await open(id);
      await until('it waits for minutes', () => sink.requests.length === 2);
      await page.reload();
      sink.script = answer(204);
      await page.getByRole('button', { name: 'Send now' }).click();
      await card('completed').waitFor();
      expect(await page.locator('.outcome').last().textContent()).toMatch(/Answered 204$/);
      await page.getByText('Payload').click();
      expect(await page.locator('.payload pre').textContent()).toContain(`"id": "${id}"`);
      expect(await page.content()).not.toContain('what an inner host says');
    });

    it('a webhook that was taken: Run again sends it once more, with the same id', async () => {
      const id = await postPhoto(product, { callbackUrl: `${sink.url}/hook` });
      await open(id);
      await page.locator('.callback .state-completed').waitFor();
      await page.getByRole('link', { name: 'The webhook’s job' }).click();
      await page.getByRole('button', { name: 'Run again' }).click();
      await until('it is sent again', () => sink.requests.length === 2);
      const [first, second] = sink.requests.map(({ headers, body }) => ({ id: headers['webhook-id'], body }));
      expect(second).toEqual(first);
      await until('both attempts are shown', async () => (await page.locator('.outcome').count()) === 2);
    });
  });

  describe('erasing', () => {
    it('a finished job: after the question nothing is left, and the list says so', async () => {
      const id = await postPhoto(product);
      await product.jobReaches(id, 'completed');
      await open(id);
      await page.getByRole('link', { name: 'Erase this job' }).click();
      await page.getByRole('heading', { name: 'Erase this job?' }).waitFor();
      expect((await product.request(`/v1/jobs/${id}`)).status).toBe(200);
      await page.getByRole('button', { name: 'Erase' }).click();
      await page.waitForURL('/jobs');
      const notice = page.locator('.notice');
      expect(await notice.textContent()).toMatch(/^Erased: /);
      expect(await notice.evaluate((element) => element === document.activeElement)).toBe(true);
      await page.goBack();
      await page.getByRole('link', { name: 'Go to the jobs' }).click();
      await page.waitForURL('/jobs');
      expect((await product.request(`/v1/jobs/${id}`)).status).toBe(404);
      expect((await product.request(`/v1/jobs/${id}/files/image.jpg`)).status).toBe(404);
    });

    it('one that runs: stopped first, then gone', async () => {
      const id = await runWebhook();
      await page.goto(`/jobs/${id}/erase`);
      expect(await page.getByRole('main').textContent()).toMatch(/It runs at the moment: it is stopped first/);
      await page.getByRole('button', { name: 'Erase' }).click();
      await page.waitForURL('/jobs');
      await until('it is gone', async () => (await product.request(`/v1/jobs/${id}`)).status === 404);
    });

    it('another caller’s job: neither its page nor any of its actions is there', async () => {
      const id = await postPhoto(product, { key: KEYS.ola });
      for (const path of ['', '/erase']) expect((await page.goto(`/jobs/${id}${path}`))?.status()).toBe(404);
      for (const action of ['cancel', 'retry', 'erase']) {
        const refused = await product.request(`/jobs/${id}/${action}`, { method: 'POST', redirect: 'manual' });
        expect(refused.status).toBe(404);
      }
      await product.jobReaches(id, 'completed');
    });
  });

  describe('the list', () => {
    const rows = () => page.locator('[data-row]').evaluateAll((all) => all.map((row) => row.getAttribute('data-row')));

    it('20 a page, newest first; Older leads through all of them and Newest back, no filter is lost', async () => {
      await steer('images', 'pause');
      const ids: string[] = [];
      for (let count = 0; count < 45; count += 1) ids.unshift(await postPhoto(product));
      await page.goto('/');
      await page.getByRole('link', { name: 'Jobs' }).click();
      await page.waitForURL('/jobs');
      expect(await rows()).toEqual(ids.slice(0, 20));
      await page.getByLabel('Kind').selectOption('images');
      await page.getByLabel('State').selectOption('waiting');
      await page.getByRole('button', { name: 'Show' }).click();
      const seen = await rows();
      while ((await page.getByRole('link', { name: 'Older' }).count()) > 0) {
        await page.getByRole('link', { name: 'Older' }).click();
        await page.waitForLoadState();
        expect(await page.getByLabel('State').inputValue()).toBe('waiting');
        seen.push(...(await rows()));
      }
      expect(seen).toEqual(ids);
      await page.getByRole('link', { name: 'Newest' }).click();
      await page.waitForURL('/jobs?kind=images&state=waiting');
      expect(await rows()).toEqual(ids.slice(0, 20));
    });

    it('the newest jobs: a new one and its end appear by themselves', async () => {
      await page.goto('/jobs');
      const id = await postPhoto(product);
      await page.locator(`[data-row="${id}"] .state-completed`).waitFor();
    });

    it('a caller sees its own without a name; an operator comes from the queues and sees everybody’s with theirs', async () => {
      const [own, other] = [await postPhoto(product), await postPhoto(product, { key: KEYS.ola })];
      await page.goto('/jobs');
      expect(await rows()).toContain(own);
      expect(await rows()).not.toContain(other);
      expect(await page.locator('.row-caller').count()).toBe(0);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL('/login');
      await signIn(page, KEYS.operator);
      await page.goto('/admin');
      await page.getByRole('link', { name: 'Jobs of images' }).click();
      await page.waitForURL('/jobs?kind=images');
      const callerOf = (id: string) => page.locator(`[data-row="${id}"] .row-caller`).textContent();
      expect([await callerOf(own), await callerOf(other)]).toEqual(['kari', 'ola']);
    });

    it('a filter that does not exist: 400 and a page that says so', async () => {
      expect((await page.goto('/jobs?state=lost'))?.status()).toBe(400);
      expect(await page.getByRole('alert').textContent()).toMatch(/^state must be waiting, /);
    });
  });
});
