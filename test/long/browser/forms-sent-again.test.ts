import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

describe('a form whose answer was lost', () => {
  let product: Product;
  let cookie: string;
  beforeAll(async () => {
    product = await startProduct();
    const answer = await postForm('/login', { key: KEYS.operator });
    cookie = String(answer.headers.get('set-cookie')).split(';')[0] as string;
  });
  afterAll(() => product.close());

  const postForm = (path: string, fields: Record<string, string>) =>
    fetch(product.url + path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { Accept: 'text/html', ...(cookie ? { Cookie: cookie } : {}) },
      redirect: 'manual',
    });
  const isReady = () => until('the web process is ready', async () => (await fetch(`${product.url}/readyz`)).ok);
  const countsOf = async (name: string) => {
    const text = await (await product.request('/metrics', { key: KEYS.operator })).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };

  /** Posts while Redis stands still, and again when it goes on. */
  async function postTwice(path: string, fields: Record<string, string>) {
    product.redis.freeze();
    const lost = await postForm(path, fields);
    product.redis.thaw();
    await isReady();
    return { lost, page: await lost.text(), again: await postForm(path, fields) };
  }

  it('a mail: refused with its token and a sentence that takes the fear away; sent again it is one job', async () => {
    const mail = { formToken: 'token-1', to: 'kari@example.no', subject: 'Hello', text: 'Hello' };
    const { lost, page, again } = await postTwice('/emails', mail);
    expect(lost.status).toBe(503);
    expect(page).toContain('name="formToken" value="token-1"');
    expect(page).toContain('Sending this form again makes no second job.');
    expect([again.status, again.headers.get('location')]).toEqual([303, expect.stringMatching(/^\/jobs\/eml_/)]);
    expect(await countsOf('heavylift_jobs{kind="emails",state="waiting"}')).toBe(1);
  });

  it('Pause: the page has the form to try again with, and it is done once', async () => {
    const { lost, page, again } = await postTwice('/admin/reports/pause', { formToken: 'token-1' });
    expect(lost.status).toBe(503);
    expect(page).toMatch(/action="\/admin\/reports\/pause"[\s\S]+value="token-1"[\s\S]+Try again/);
    expect([again.status, again.headers.get('location')]).toEqual([303, '/admin']);
    expect(await countsOf('heavylift_queue_paused{kind="reports"}')).toBe(1);
    await product.request('/admin/reports/resume', { method: 'POST', key: KEYS.operator, redirect: 'manual' });
    await postForm('/admin/reports/pause', { formToken: 'token-1' });
    expect(await countsOf('heavylift_queue_paused{kind="reports"}')).toBe(0);
  });

  it('a page that is only looked at: does not speak of what was accepted', async () => {
    product.redis.freeze();
    const answer = await fetch(`${product.url}/jobs`, { headers: { Accept: 'text/html', Cookie: cookie } });
    product.redis.thaw();
    const text = await answer.text();
    expect([answer.status, text.includes('can not be reached'), text.includes('Nothing was accepted')]).toEqual([
      503,
      true,
      false,
    ]);
    await isReady();
  });
});
