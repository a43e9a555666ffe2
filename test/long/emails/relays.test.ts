import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { mailsEnd, postMails } from '../../support/emails/mail-storm.ts';
import { openScriptedSmtpServer } from '../../support/emails/scripted-smtp-server.ts';
import { KEYS, startProduct } from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

it('two workers, two relays, one of which dies in the middle of 400 mails: all are sent once, and an operator sees it', async () => {
  const [one, two] = [await openScriptedSmtpServer(), await openScriptedSmtpServer()];
  closers.push(two.close);
  const dir = makeTempDir();
  closers.push(dir.remove);
  const SMTP_RELAYS_FILE = join(dir.path, 'relays.json');
  const relays = { one: { url: one.url }, two: { url: two.url } };
  writeFileSync(SMTP_RELAYS_FILE, JSON.stringify({ relays, routes: [{ relays: { one: 3, two: 1 } }] }));
  const product = await startProduct({ kinds: ['emails', 'emails'], env: { SMTP_RELAYS_FILE } });
  closers.push(product.close);

  let dying: Promise<void> | undefined;
  one.script = (stage) => {
    // Between two mails: what was taken was answered.
    if (stage === 'MAIL' && one.taken.length >= 100) dying ??= one.close();
    return undefined;
  };
  const ids = await postMails(product, 400, 'storm');
  await mailsEnd(product, 120_000);
  await dying;

  const results = new Map<string, { state: string; recipients: { relay?: string }[] }>();
  for (const id of ids) {
    const job = (await (await product.request(`/v1/jobs/${id}`)).json()) as { state: string; result: never };
    expect([id, job.state]).toEqual([id, 'completed']);
    results.set(id, job.result);
  }
  const takenBy = ({ taken }: typeof one) => taken.map(({ source }) => /^Message-ID: <(eml_\w+)@/im.exec(source)?.[1]);
  const [byOne, byTwo] = [takenBy(one), takenBy(two)];
  expect(new Set([...byOne, ...byTwo]).size).toBe(byOne.length + byTwo.length);
  for (const [id, { state, recipients }] of results) {
    // Cut while its answer was on its way: no other relay sends it.
    if (state === 'unknown') expect([id, byTwo.includes(id)]).toEqual([id, false]);
    else expect([id, state, recipients[0]?.relay]).toEqual([id, 'sent', byOne.includes(id) ? 'one' : 'two']);
  }
  expect(byTwo.length).toBeGreaterThan(200);
  const asked = async (path: string) => (await product.request(path, { key: KEYS.operator })).text();
  await until('an operator sees it', async () =>
    (await asked('/metrics')).includes('heavylift_dependency_up{kind="emails",name="mail relay one"} 0'),
  );
  expect(await asked('/metrics')).toContain('heavylift_dependency_up{kind="emails",name="mail relay two"} 1');
  expect(JSON.parse(await asked('/readyz?verbose')).workers[0].dependency).toMatchObject({
    ...{ name: 'mail relays', ok: false },
    parts: [
      { name: 'mail relay one', ok: false },
      { name: 'mail relay two', ok: true },
    ],
  });
});
