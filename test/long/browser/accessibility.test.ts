import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BRAND_EXAMPLE } from '../../../src/http/openapi/rows/brands.ts';
import { SCHEDULE_EXAMPLE } from '../../../src/http/openapi/rows/schedules.ts';
import { TEMPLATE_EXAMPLE } from '../../../src/http/openapi/rows/templates.ts';
import { emails } from '../../../workers/emails/job.ts';
import { reports } from '../../../workers/reports/job.ts';
import { findViolations } from '../../support/browser/axe.ts';
import { openProfile, overflowOf, signIn } from '../../support/browser/browser.ts';
import { type Deployment, useDeployment } from '../../support/browser/use-browser.ts';
import { openScriptedSmtpServer, type ScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { readTold } from '../../support/operations/told-alerts.ts';
import { KEYS, type Product } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** What is wrong with pages, as a person who is signed in sees them. */
async function findFaults(
  { browser, product }: Deployment,
  profile: (typeof VIEWS)[number][1],
  paths: readonly string[],
): Promise<string[]> {
  const { context, page } = await openProfile(browser, product.url, profile);
  await signIn(page, KEYS.operator);
  const found: string[] = [];
  for (const path of paths) {
    await page.goto(path);
    found.push(...(await findViolations(page)).map((line) => `${path} ${line}`));
    if ((await overflowOf(page)) > 0) found.push(`${path} scrolls sideways`);
  }
  await context.close();
  return found;
}

const VIEWS = [
  ['a wide window', { viewport: { width: 1280, height: 900 } }],
  ['a phone, dark', { viewport: { width: 390, height: 844 }, colorScheme: 'dark' as const }],
] as const;

describe('the pages, as axe judges them', () => {
  let deployment: Deployment;
  let product: Product;
  const jobs: string[] = [];
  let mail = '';
  useDeployment(
    () => ({ kinds: ['images', 'reports', 'emails'] }),
    (opened) => {
      deployment = opened;
      ({ product } = opened);
    },
  );
  beforeAll(async () => {
    const post = async (path: string, body: unknown) => {
      const answer = await product.request(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      });
      const { id } = (await answer.json()) as { id: string };
      jobs.push(id);
      return id;
    };
    const put = (path: string, body: unknown) =>
      product.request(path, {
        method: 'PUT',
        key: KEYS.operator,
        body: JSON.stringify(body),
        headers: { 'Content-Type': 'application/json' },
      });
    const report = await post('/v1/reports', reports.example);
    const sent = await post('/v1/emails', emails.example);
    const runAt = new Date(Date.now() + 3_600_000).toISOString();
    await post('/v1/reports', { ...reports.example, runAt });
    const cancelled = await post('/v1/emails', { ...emails.example, runAt });
    await product.request(`/v1/jobs/${cancelled}/cancel`, { method: 'POST' });
    await Promise.all([report, sent].map((id) => product.jobReaches(id, 'completed')));
    const endpoint = { url: 'https://example.com/hook', events: ['job.completed'] };
    await put('/v1/webhook-endpoints/shop', endpoint);
    await put('/v1/templates/reports/orders', TEMPLATE_EXAMPLE);
    await put('/v1/brands/house', BRAND_EXAMPLE);
    await put('/v1/schedules/monthly', SCHEDULE_EXAMPLE);
    await put('/v1/schedules/paused', { ...SCHEDULE_EXAMPLE, paused: true });
    await product.request('/v1/schedules/monthly/run', { method: 'POST', key: KEYS.operator });
    const listed = await product.request(`/v1/inbox?job=${sent}`, { key: KEYS.operator });
    const { mails } = (await listed.json()) as { mails: { id: string }[] };
    mail = mails[0]?.id ?? '';
  });

  it.each(VIEWS)('none has a fault for a person who is signed in: %s', async (_name, profile) => {
    const paths = [
      '/',
      '/jobs',
      '/jobs?q=report&state=completed',
      '/jobs/actions?action=erase',
      '/audit',
      ...jobs.map((id) => `/jobs/${id}`),
      '/inbox',
      `/inbox/${mail}`,
      '/webhooks',
      '/webhooks/shop',
      '/templates',
      '/templates/orders',
      '/templates/orders/remove',
      '/brands/house',
      '/schedules',
      '/schedules/monthly',
      '/schedules/monthly/remove',
      '/calls',
      '/admin',
      '/docs',
      '/docs/reports/blocks',
      '/docs/flows',
      '/docs/api/images',
      '/docs/errors',
      '/docs/search?q=image',
      '/jobs/none',
    ];
    expect(await findFaults(deployment, profile, paths)).toEqual([]);
  });

  it.each(VIEWS)('nor the sign-in: %s', async (_name, profile) => {
    const { context, page } = await openProfile(deployment.browser, product.url, profile);
    await page.goto('/login');
    expect(await findViolations(page)).toEqual([]);
    await context.close();
  });
});

describe('the pages of an operator whom something is told of, as axe judges them', () => {
  let deployment: Deployment;
  let relay: ScriptedSmtpServer;
  let sink: HttpSink;
  let unknown = '';
  beforeAll(async () => {
    // What was sent is not answered.
    relay = await openScriptedSmtpServer((stage) => (stage === 'dot' ? 'drop' : undefined));
    sink = await openHttpSink();
  });
  useDeployment(
    () => ({
      kinds: ['emails'],
      env: { SMTP_URL: relay.url, ALERTS_URL: sink.url, ALERTS_LEVEL: 'amber', WEBHOOKS_ALLOW: '127.0.0.1' },
    }),
    (opened) => {
      deployment = opened;
    },
  );
  it('a mail may have arrived, and a queue that is paused is told', async () => {
    const { product } = deployment;
    const answer = await product.request('/v1/emails', {
      method: 'POST',
      body: JSON.stringify({
        to: ['kari@example.no'],
        subject: 'An invoice with a subject of some length',
        text: 'Hei.',
      }),
      headers: { 'Content-Type': 'application/json' },
    });
    unknown = ((await answer.json()) as { id: string }).id;
    await product.jobReaches(unknown, 'completed');
    await product.request('/admin/reports/pause', { method: 'POST', key: KEYS.operator, redirect: 'manual' });
    await until('it is told', () => readTold(sink).some(({ code }) => code === 'queue_paused'), { timeoutMs: 60_000 });
  }, 120_000);
  afterAll(async () => {
    await relay.close();
    await sink.close();
  });

  it.each(VIEWS)('none has a fault: %s', async (_name, profile) => {
    const paths = [
      '/admin',
      '/admin/doctor',
      '/unknown-mails',
      `/unknown-mails/ask?action=send-again&ids=${unknown}`,
      `/jobs/${unknown}`,
      '/suppressions',
      '/audit?action=session.begin',
    ];
    expect(await findFaults(deployment, profile, paths)).toEqual([]);
  });
});
