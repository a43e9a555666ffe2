import { expect, it } from '@jest/globals';
import { memberOf, scheduleDueKey, scheduleKey, scheduleLookKey } from '../../../src/schedules/keys.ts';
import { openProfile, signIn } from '../../support/browser/browser.ts';
import { type Deployment, useDeployment } from '../../support/browser/use-browser.ts';
import { KEYS } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** The pages of schedules, as a person uses them who has no JavaScript. */
let deployment: Deployment;
useDeployment(
  () => ({ kinds: ['emails'], env: { EMAILS_FROM: 'shop@example.no' } }),
  (opened) => {
    deployment = opened;
  },
);

const input = { to: 'kari@example.no', subject: 'Orders of {{previousMonth}}', text: 'They are in the shop.' };

it('a schedule is looked at, paused, let go on, run and removed', async () => {
  const { browser, product } = deployment;
  const put = (name: string, body: object) =>
    product.request(`/v1/schedules/${name}`, {
      method: 'PUT',
      body: JSON.stringify({ job: { kind: 'emails', input }, ...body }),
      headers: { 'Content-Type': 'application/json' },
    });
  await put('monthly', { cron: '0 6 1 * *', timeZone: 'Europe/Oslo' });
  await put('nightly', { cron: '30 2 * * *', timeZone: 'America/New_York', missed: 'skip' });
  const redis = product.redis.client();
  const long = Date.now() - 5 * 86_400_000;
  await redis.hset(scheduleKey('kari', 'nightly'), 'due', long);
  for (const key of [scheduleDueKey(), scheduleLookKey()]) await redis.zadd(key, long, memberOf('kari', 'nightly'));
  await until('what was missed is told', async () => {
    const { runs } = (await (await product.request('/v1/schedules/nightly/runs')).json()) as { runs: object[] };
    return runs.length === 1;
  });
  const { context, page } = await openProfile(browser, product.url, { javaScriptEnabled: false });
  await signIn(page, KEYS.kari);
  await page.goto('/schedules');
  await page.getByRole('link', { name: 'nightly' }).click();
  const text = () => page.locator('main').textContent();
  expect(await text()).toContain('Heavylift was not running when this time came.');
  await page.getByRole('link', { name: 'Schedules' }).first().click();
  await page.getByRole('link', { name: 'monthly' }).click();
  expect(await text()).toMatch(/\w{3}, 1 \w{3} \d{4}, 06:00For you/);
  await page.getByRole('button', { name: 'Pause' }).click();
  expect(await text()).toContain('its owner has paused it');
  await page.getByRole('button', { name: 'Go on' }).click();
  expect(await text()).toContain('goes on with the next time that comes');
  await page.getByRole('button', { name: 'Run now' }).click();
  expect(page.url()).toMatch(/\/jobs\/eml_/);
  await product.jobReaches(page.url().split('/').at(-1) ?? '', 'completed');
  await page.goto('/schedules/monthly');
  expect(await text()).toContain('Run by hand.');
  await page.getByRole('link', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove' }).click();
  expect(await text()).toContain('monthly is removed.');
  expect((await product.request('/v1/schedules/monthly')).status).toBe(404);
  await context.close();
});
