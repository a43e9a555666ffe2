import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

interface Mail {
  id: string;
  job: string;
  to: string[];
  subject: string;
  links: { self: string; source: string };
}

/** Characters of HTML that no element of a mail needs, and a script among them. */
const HOSTILE = '<p>Hei</p><script>alert(1)</script><img src="https://tracker.example/pixel.gif">';
const ATTACHED = Buffer.from('<script>alert(1)</script>');

describe('the inbox: mails that have no relay', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ kinds: ['emails'], env: { EMAILS_INBOX_MAX_MAILS: '40' } });
  });
  afterAll(() => product.close());

  const asOperator = (path: string, init: RequestInit = {}) => product.request(path, { ...init, key: KEYS.operator });
  const inbox = async (query: string, wait = 0): Promise<Mail[]> => {
    const headers = wait > 0 ? { Prefer: `wait=${wait}` } : {};
    const answer = await asOperator(`/v1/inbox?${query}`, { headers });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { mails: Mail[] }).mails;
  };
  const post = async (mail: Record<string, unknown>): Promise<string> => {
    const answer = await product.request('/v1/emails', {
      method: 'POST',
      body: JSON.stringify({ subject: 'Hei', text: 'Hei!', ...mail }),
      headers: { 'Content-Type': 'application/json' },
    });
    expect(answer.status).toBe(202);
    return ((await answer.json()) as { id: string }).id;
  };
  const keep = async (mail: Record<string, unknown>): Promise<Mail> => {
    const [kept] = await inbox(`job=${await post(mail)}`, 30);
    if (!kept) throw new Error('the mail is not in the inbox');
    return kept;
  };

  it('a mail: whoever waits for it gets it; the job says where it is; list, parts, source and file as they were sent', async () => {
    const waiting = inbox('to=kari@example.no&subject=rapporten', 30);
    const id = await post({
      to: 'Kari <kari@example.no>',
      bcc: 'ola@example.no',
      subject: 'Rapporten er klar',
      text: 'Hei Kåre!',
      html: HOSTILE,
      attachments: [{ filename: 'ond.html', content: ATTACHED.toString('base64'), type: 'text/html' }],
    });
    const [mail] = (await waiting) as [Mail];
    expect(mail).toMatchObject({
      job: id,
      caller: 'kari',
      from: 'heavylift@localhost',
      to: ['kari@example.no', 'ola@example.no'],
      subject: 'Rapporten er klar',
      attachmentCount: 1,
    });
    const job = await product.jobReaches(id, 'completed');
    expect(job['result']).toMatchObject({
      delivery: 'inbox',
      state: 'sent',
      recipients: [{ response: '250 2.0.0 Kept in the inbox, not sent: SMTP_URL is not set' }, {}],
    });

    const whole = (await (await asOperator(mail.links.self)).json()) as Record<string, unknown>;
    expect(whole).toMatchObject({ id: mail.id, text: 'Hei Kåre!\n', unread: null });
    expect(whole['html']).toContain('<script>');
    expect(whole['addresses']).toMatchObject({ to: [{ name: 'Kari', address: 'kari@example.no' }], cc: [] });
    expect(JSON.stringify(whole['headers'])).not.toContain('ola@example.no');

    const frame = await asOperator(`/inbox/${mail.id}/html`);
    const policy = frame.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:;");
    expect(policy).not.toMatch(/allow-scripts|allow-same-origin|script-src|https?:/);
    expect(await frame.text()).not.toContain('<script>');

    const source = await asOperator(mail.links.source);
    expect(source.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(source.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await source.text()).toContain(`Message-ID: <${id}@localhost>`);

    const file = await asOperator(`${mail.links.self}/attachments/1`);
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; filename="?ond\.html"?$/);
    expect(file.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(Buffer.from(await file.arrayBuffer())).toEqual(ATTACHED);
    expect((await asOperator(`${mail.links.self}/attachments/2`)).status).toBe(404);
  }, 60_000);

  it('what is asked for: whole addresses, parts of addresses and subjects, what came after; pages by the cursor', async () => {
    const first = await keep({ to: 'aa@filter.no', subject: 'En Ørret' });
    const second = await keep({ to: 'a@filter.no', subject: 'To ørreter' });
    const ids = async (query: string) => (await inbox(query)).map(({ id }) => id);
    expect(await ids('to=A@filter.no')).toEqual([second.id]);
    expect(await ids('to=a+none@filter.no')).toEqual([]);
    expect(await ids('to=@FILTER')).toEqual([second.id, first.id]);
    expect(await ids(`to=@filter&after=${first.id}`)).toEqual([second.id]);
    expect(await ids(`to=@filter&after=${second.id}`)).toEqual([]);
    expect(await ids(`subject=${encodeURIComponent('ørret')}&to=@filter`)).toEqual([second.id, first.id]);
    expect(await ids(`job=${first.job}`)).toEqual([first.id]);
    expect(await inbox('to=nobody@filter.no', 1)).toEqual([]);
    const page = await (await asOperator('/v1/inbox?to=@filter&limit=1')).json();
    const { cursor } = page as { cursor: string };
    expect(await ids(`to=@filter&limit=1&cursor=${cursor}`)).toEqual([first.id]);
    for (const [query, pointer] of [
      ['after=yesterday', '/after'],
      ['cursor=abc', '/cursor'],
      ['limit=1000', '/limit'],
      ['too=kari', '/too'],
    ]) {
      const refused = await asOperator(`/v1/inbox?${query}`);
      expect(refused.status).toBe(400);
      expect(((await refused.json()) as { errors: { pointer: string }[] }).errors[0]?.pointer).toBe(pointer);
    }
  });

  it('deleted: one by its id, then all that match; nothing else goes', async () => {
    const mails = [await keep({ to: 'a@gone.no' }), await keep({ to: 'b@gone.no' }), await keep({ to: 'c@stays.no' })];
    expect((await asOperator(mails[0]?.links.self ?? '', { method: 'DELETE' })).status).toBe(204);
    expect((await asOperator(mails[0]?.links.self ?? '', { method: 'DELETE' })).status).toBe(404);
    // The address of one, of which the id is empty, is not that of all.
    expect((await asOperator('/v1/inbox/', { method: 'DELETE' })).status).toBe(405);
    expect(await inbox('to=@gone.no')).toHaveLength(1);
    const emptied = await asOperator('/v1/inbox?to=@gone.no', { method: 'DELETE' });
    expect(await emptied.json()).toEqual({ deleted: 1 });
    expect(await inbox('to=@gone.no')).toEqual([]);
    expect(await inbox('to=@stays.no')).toHaveLength(1);
  });

  it('a job or a person that is erased takes its mails along', async () => {
    const byJob = await keep({ to: 'a@erased.no' });
    const byPerson = await keep({ to: 'b@erased.no' });
    await product.jobReaches(byJob.job, 'completed');
    await product.jobReaches(byPerson.job, 'completed');
    expect((await asOperator(`/v1/jobs/${byJob.job}`, { method: 'DELETE' })).status).toBe(204);
    expect((await product.request('/v1/subjects/b@erased.no', { method: 'DELETE' })).ok).toBe(true);
    expect(await inbox('to=@erased.no')).toEqual([]);
    for (const { links } of [byJob, byPerson]) expect((await asOperator(links.source)).status).toBe(404);
  });

  it('without the scope admin nobody reads, waits for or deletes a mail, be it its own', async () => {
    const { id, links } = await keep({ to: 'closed@example.no' });
    const tries: [method: string, path: string][] = [
      ['GET', '/v1/inbox'],
      ['DELETE', '/v1/inbox'],
      ['GET', links.self],
      ['GET', links.source],
      ['GET', `${links.self}/attachments/1`],
      ['DELETE', links.self],
      ['GET', '/inbox'],
      ['GET', `/inbox/${id}`],
      ['GET', `/inbox/${id}/html`],
      ['POST', `/inbox/${id}/delete`],
      ['POST', '/inbox/delete'],
    ];
    for (const [method, path] of tries) {
      expect([path, (await product.request(path, { method })).status]).toEqual([path, 403]);
      const headers = { Origin: 'https://evil.example' };
      const stranger = await fetch(`${product.url}${path}`, { method, headers });
      expect([path, stranger.status]).toEqual([path, 401]);
      expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect(await inbox('to=closed@example.no')).toHaveLength(1);
  });

  it.each([
    ['450', 'mail_deferred', '450 4.2.1'],
    ['452', 'mail_deferred', '452 4.2.2'],
    ['421', 'mail_relay_unavailable', '421 4.3.2'],
  ])('%s@: the mail is put off as %s, and no other waits for it', async (mailbox, code, answer) => {
    const id = await post({ to: `${mailbox}+test@example.no` });
    const job = await product.jobReaches(id, 'delayed');
    await until('the answer is known', async () => {
      const { lastError } = (await (await product.request(`/v1/jobs/${id}`)).json()) as {
        lastError: { code: string; detail: string; recipients?: { state: string; code: number }[] } | null;
      };
      if (lastError?.code !== code || !lastError.detail.includes(answer)) return false;
      expect(lastError.recipients).toMatchObject([{ state: 'deferred', code: Number(mailbox) }]);
      return true;
    });
    expect(job['nextAttemptAt']).not.toBeNull();
    expect(await inbox(`job=${id}`)).toEqual([]);
    await keep({ to: `others+${mailbox}@example.no` });
    expect(await inbox(`to=others+${mailbox}@example.no`)).toHaveLength(1);
  });

  it.each([
    ['550', '550 5.1.1'],
    ['552', '552 5.2.2'],
  ])('%s@: the mail fails as refused', async (mailbox, answer) => {
    const id = await post({ to: `${mailbox}+${Date.now()}@example.no` });
    const { error } = await product.jobReaches(id, 'failed');
    expect(error).toMatchObject({ code: 'mail_refused', detail: expect.stringContaining(answer) });
    expect(await inbox(`job=${id}`)).toEqual([]);
  });

  it('550@ among others: the others get it, and the address bounces', async () => {
    const id = await post({ to: ['fine@example.no', '550+among@example.no'] });
    const { result } = await product.jobReaches(id, 'completed');
    expect(result).toMatchObject({
      state: 'partly',
      recipients: [
        { address: 'fine@example.no', state: 'accepted' },
        { address: '550+among@example.no', state: 'refused', code: 550, status: '5.1.1', class: 'recipient' },
      ],
    });
    expect(await inbox(`job=${id}`)).toMatchObject([{ to: ['fine@example.no'] }]);
    const bounce = await product.request('/v1/suppressions/550%2Bamong@example.no');
    expect(await bounce.json()).toMatchObject({ reason: 'bounce' });
  });

  it('unknown@: the mail is here, and whether it was taken is not known', async () => {
    const id = await post({ to: 'unknown@example.no' });
    const { result } = await product.jobReaches(id, 'completed');
    expect(result).toMatchObject({ state: 'unknown', unknown: ['unknown@example.no'], delivery: 'inbox' });
    expect(await inbox(`job=${id}`)).toHaveLength(1);
  });

  it('more than it may keep: the oldest go, their jobs stay', async () => {
    const oldest = (await inbox('limit=100')).at(-1) as Mail;
    const messages = Array.from({ length: 45 }, (_, index) => ({ to: `${index}@many.no`, subject: 'M', text: 'M' }));
    const accepted = await product.request('/v1/emails/batch', {
      method: 'POST',
      body: JSON.stringify({ messages }),
      headers: { 'Content-Type': 'application/json' },
    });
    expect(accepted.status).toBe(202);
    await until('the newest 40 are kept', async () => {
      const mails = await inbox('limit=100');
      return mails.length === 40 && mails.every(({ to }) => to[0]?.endsWith('@many.no'));
    });
    expect((await asOperator(oldest.links.source)).status).toBe(404);
    expect((await asOperator(`/v1/jobs/${oldest.job}`)).status).toBe(200);
  });

  it('pages say that mails are kept; a link to the mail is there for operators alone', async () => {
    const KEPT = 'Kept in the inbox, not sent: SMTP_URL is not set';
    const { job } = await keep({ to: 'pages@example.no' });
    await product.jobReaches(job, 'completed');
    const pageOf = async (path: string, key: string) =>
      (await product.request(path, { key, headers: { Accept: 'text/html' } })).text();
    for (const path of ['/', `/jobs/${job}`]) expect(await pageOf(path, KEYS.kari)).toContain(KEPT);
    for (const path of ['/admin', '/inbox', `/jobs/${job}`]) expect(await pageOf(path, KEYS.operator)).toContain(KEPT);
    expect(await pageOf(`/jobs/${job}`, KEYS.operator)).toContain(`href="/inbox?job=${job}"`);
    expect(await pageOf(`/jobs/${job}`, KEYS.kari)).not.toContain('href="/inbox');
  });

  it('nothing outside is needed: no relay is called away', async () => {
    const ready = await (await asOperator('/readyz?verbose')).json();
    expect(JSON.stringify(ready)).not.toContain('relay');
  });
});
