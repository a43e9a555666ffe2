import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { inDoubtKey } from '../../../src/redis/keys.ts';
import { openScriptedSmtpServer, type ScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let relay: ScriptedSmtpServer;
let product: Product;
/** Whether the relay dies after a mail's last byte, before it has answered. */
let dies = true;
beforeAll(async () => {
  relay = await openScriptedSmtpServer((stage, line) => {
    if (stage === 'RCPT' && line.includes('nobody')) return '550 5.1.1 no such user';
    return stage === 'dot' && dies ? 'drop' : undefined;
  });
  product = await startProduct({ kinds: ['emails'], env: { SMTP_URL: relay.url } });
});
afterAll(async () => {
  await product.close();
  await relay.close();
});

interface Listed {
  id: string;
  subject: string;
  recipients: string[];
  caller: string;
}

async function call(method: string, path: string, key: string = KEYS.operator, body?: object) {
  const sent = body && { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
  const answered = await product.request(path, { method, key, ...sent });
  return { status: answered.status, body: (await answered.json()) as Record<string, unknown> };
}
const list = async (query = '') =>
  (await call('GET', `/v1/emails/unknown${query}`)).body as unknown as { mails: Listed[]; cursor: string | null };
const listed = async () => (await list()).mails.map(({ subject }) => subject);

/** Sends a mail whose answer is lost; its input is one that completed jobs do not keep. */
async function lose(subject: string, to: string[] = ['kari@example.no'], more: object = {}): Promise<string> {
  dies = true;
  const text = 'Hei! '.repeat(300);
  const { body } = await call('POST', '/v1/emails', KEYS.kari, { to, subject, text, ...more });
  if (!body['id']) throw new Error(JSON.stringify(body));
  const id = String(body['id']);
  await product.jobReaches(id, 'completed');
  return id;
}

/** How often that mail was taken. */
const takenOf = (subject: string) => relay.taken.filter(({ source }) => source.includes(`Subject: ${subject}\r\n`));

/** A browser that is signed in as the operator: without JavaScript, one form after the other. */
async function openBrowser() {
  const send = (path: string, init: RequestInit = {}) =>
    fetch(`${product.url}${path}`, { redirect: 'manual', ...init, headers: { Accept: 'text/html', ...init.headers } });
  const form = (fields: [string, string][]) => ({ method: 'POST', body: new URLSearchParams(fields) });
  const signedIn = await send('/login', form([['key', KEYS.operator]]));
  const cookie = signedIn.headers.getSetCookie().map((one) => one.split(';')[0]);
  const get = async (path: string) => (await send(path, { headers: { Cookie: cookie.join('; ') } })).text();
  return {
    get,
    async post(path: string, fields: [string, string][]) {
      const answered = await send(path, { ...form(fields), headers: { Cookie: cookie.join('; ') } });
      const left = answered.headers.getSetCookie().map((one) => one.split(';')[0]);
      const shown = await send(answered.headers.get('location') ?? '', {
        headers: { Cookie: [...cookie, ...left].join('; ') },
      });
      return { status: answered.status, text: await shown.text() };
    },
  };
}

describe('mails whose answer was lost', () => {
  it('are listed, the newest first, page by page, for operators alone; their jobs keep what was asked for', async () => {
    const first = await lose('first', ['a@example.no', 'nobody@example.no', 'b@example.no']);
    await lose('second');
    expect(await listed()).toEqual(['second', 'first']);
    const page = await list('?limit=1');
    expect(page.mails).toMatchObject([{ subject: 'second', caller: 'kari', recipients: ['kari@example.no'] }]);
    const next = await list(`?limit=1&cursor=${page.cursor}`);
    expect(next).toMatchObject({ mails: [{ id: first, recipients: ['a@example.no', 'b@example.no'] }], cursor: null });
    expect((await call('GET', '/v1/emails/unknown', KEYS.kari)).status).toBe(403);
    const wrong = await call('GET', '/v1/emails/unknown?cursor=x&limit=0');
    expect(wrong.body['errors']).toEqual([
      { pointer: '/limit', detail: 'must be a whole number from 1 to 100' },
      { pointer: '/cursor', detail: 'must be one that a listing gave' },
    ]);
    // Running it again, as any job, sends nothing: it completed.
    expect((await call('POST', `/v1/jobs/${first}/retry`, KEYS.kari)).status).toBe(409);
  });

  it('sent again: the same job, once, and only to those of whom it is not known; nobody else may', async () => {
    const id = await lose('again', ['c@example.no', 'd@example.no']);
    dies = false;
    expect((await call('POST', `/v1/emails/${id}/send-again`, KEYS.ola)).status).toBe(403);
    const answers = await Promise.all([1, 2, 3].map(() => call('POST', `/v1/emails/${id}/send-again`, KEYS.kari)));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409]);
    const job = await product.jobReaches(id, 'completed');
    expect(job).toMatchObject({ result: { state: 'sent' } });
    expect(takenOf('again')).toMatchObject([{ to: ['c@example.no', 'd@example.no'] }]);
    expect(await listed()).not.toContain('again');
    expect(await call('POST', `/v1/emails/${id}/send-again`, KEYS.kari)).toMatchObject({
      status: 409,
      body: { code: 'conflict', detail: expect.stringMatching(/^Only a mail that ended as unknown/) },
    });
    expect((await call('POST', '/v1/emails/eml_none/arrived')).status).toBe(404);
  });

  it('lost again: it is on the list again, and may be sent once more', async () => {
    const id = await lose('twice');
    expect((await call('POST', `/v1/emails/${id}/send-again`)).status).toBe(202);
    await until('it is there again', async () => (await listed()).includes('twice') || null);
    dies = false;
    expect((await call('POST', `/v1/emails/${id}/send-again`)).status).toBe(202);
    await product.jobReaches(id, 'completed');
    expect(takenOf('twice')).toHaveLength(1);
  });

  it('it arrived: the recipients are accepted, it leaves the list, and it can not be sent', async () => {
    const id = await lose('arrived', ['e@example.no', 'nobody-else@example.no']);
    const { status, body } = await call('POST', `/v1/emails/${id}/arrived`, KEYS.kari);
    expect([status, body['recipients']]).toEqual([200, ['e@example.no']]);
    const { result } = (await product.jobReaches(id, 'completed')) as { result: Record<string, unknown> };
    expect(result).toMatchObject({
      state: 'partly',
      recipients: [
        { address: 'nobody-else@example.no', state: 'refused' },
        { address: 'e@example.no', state: 'accepted', code: null, response: expect.stringContaining('A person') },
      ],
    });
    expect(result).not.toHaveProperty('unknown');
    expect(await listed()).not.toContain('arrived');
    for (const action of ['arrived', 'send-again']) {
      expect((await call('POST', `/v1/emails/${id}/${action}`, KEYS.kari)).status).toBe(409);
    }
  });

  it('past its time, or without what it names: a sentence says why it can not be sent, and it stays unknown', async () => {
    const expiresAt = new Date(Date.now() + 3000).toISOString();
    const id = await lose('late', ['f@example.no'], { expiresAt });
    await until('it is useless', () => Date.now() > Date.parse(expiresAt) || null);
    expect(await call('POST', `/v1/emails/${id}/send-again`)).toMatchObject({
      status: 409,
      body: { code: 'retry_useless', detail: expect.stringContaining(`it is useless after ${expiresAt}`) },
    });
    const taken = await product.request('/v1/uploads?name=a.csv', {
      ...{ method: 'POST', body: 'a,b\n1,2\n', headers: { 'Content-Type': 'text/csv' } },
    });
    const { id: upload } = (await taken.json()) as { id: string };
    const bare = await lose('bare', ['g@example.no'], { attachments: [{ upload, filename: 'a.csv' }] });
    await product.request(`/v1/uploads/${upload}`, { method: 'DELETE' });
    expect((await call('POST', `/v1/emails/${bare}/send-again`)).body).toMatchObject({
      code: 'retry_useless',
      detail: `Running the job again can not help: it needs ${upload}, which is gone.`,
    });
    expect(await listed()).toEqual(expect.arrayContaining(['late', 'bare']));
  });

  it('erased: it is listed no more, and its id is kept nowhere', async () => {
    const id = await lose('erased');
    const redis = product.redis.client();
    expect(await redis.zscore(inDoubtKey('emails'), id)).not.toBeNull();
    await product.request(`/v1/jobs/${id}`, { method: 'DELETE', key: KEYS.operator });
    expect(await redis.zscore(inDoubtKey('emails'), id)).toBeNull();
    expect(await listed()).not.toContain('erased');
  });

  it('the page: several at once after a question, what could not be done, and who did it in the audit log', async () => {
    const browser = await openBrowser();
    const ids = [await lose('one on the page'), await lose('two on the page'), await lose('three on the page')];
    const page = await browser.get('/unknown-mails');
    expect(page.match(/name="ids" value="/g)).toHaveLength((await list('?limit=100')).mails.length);
    expect(page).toContain('one on the page');
    const [one, two, three] = ids as [string, string, string];
    const question = await browser.get(`/unknown-mails/ask?action=send-again&ids=${one}&ids=${two}`);
    expect(question).toMatch(/<h1>Send these 2 mails again\?<\/h1>[\s\S]*It may arrive twice/);
    dies = false;
    await call('POST', `/v1/emails/${two}/arrived`);
    const fields: [string, string][] = [
      ['formToken', 'token-1'],
      ['ids', one],
      ['ids', two],
    ];
    const sent = await browser.post('/unknown-mails/send-again', fields);
    expect(sent.text).toMatch(
      /role="status"[^>]*>The mail is sent again\. One was left alone: Only a mail that ended as unknown/,
    );
    expect(sent.text).not.toMatch(/(one|two) on the page/);
    await product.jobReaches(one, 'completed');
    const said = await browser.post('/unknown-mails/arrived', [
      ['formToken', 'token-2'],
      ['ids', three],
    ]);
    expect(said.text).toContain('It is noted that the mail arrived.');
    const again = await browser.post('/unknown-mails/arrived', [
      ['formToken', 'token-3'],
      ['ids', three],
    ]);
    expect(again.text).toContain('Nothing was done. Only a mail');
    expect(
      [takenOf('one on the page'), takenOf('two on the page'), takenOf('three on the page')].map((all) => all.length),
    ).toEqual([1, 0, 0]);
    const { entries } = (await call('GET', '/v1/audit?limit=3')).body as { entries: Record<string, unknown>[] };
    expect(entries.map(({ action, by, target }) => [action, by, target])).toEqual([
      ['mail.arrived', 'session', three],
      ['mail.send-again', 'session', one],
      ['mail.arrived', 'key', two],
    ]);
    expect(await browser.get(`/jobs/${three}`)).not.toContain('/unknown-mails"');
  });
});
