import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { createJobFields } from '../../../../src/queue/run/job-fields.ts';
import { openDiskStorage } from '../../../../src/storage/disk.ts';
import { defaultConfig } from '../../../../workers/config.ts';
import { createInbox, type Inbox } from '../../../../workers/emails/inbox/inbox.ts';
import { createProcessor } from '../../../../workers/emails/processor.ts';
import type { AllConfig } from '../../../../workers/index.ts';
import { ALONE } from '../../../support/jest/alone.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { errorOf, jobKey, log, mail, openLedgers, runContext, runningJob, storeJob } from '../open-mail.ts';

const { path: dir, remove } = makeTempDir();
const storageDir = join(dir, 'storage');
let redis: Redis;
beforeAll(async () => {
  redis = await openLedgers();
});
beforeEach(() => redis.flushall());
afterAll(remove);

/** A mail processor without a relay, and its inbox. */
async function openKeeper(changes: Partial<AllConfig> = {}) {
  const storage = await openDiskStorage(storageDir);
  const config = { ...defaultConfig(), DATA_DIR: dir, DEPLOYMENT_SECRET: ['s'.repeat(32)] as [string], ...changes };
  const jobFields = createJobFields(redis, 'emails');
  const processor = createProcessor({ config, log, redis, jobFields, storage, ...ALONE });
  const inbox = createInbox({ config, redis, jobFields, storage });
  const send = async (input: Record<string, unknown>, serial: number) => {
    const job = runningJob(input, serial);
    await storeJob(redis, job);
    return processor.process(job, runContext({}));
  };
  return { inbox, processor, send };
}
const sources = () =>
  existsSync(join(storageDir, 'inbox'))
    ? readdirSync(join(storageDir, 'inbox'), { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.eml'),
      )
    : [];
const all = async (inbox: Inbox) => (await inbox.list({}, { limit: 100 })).mails;

describe('a mail without a relay', () => {
  it('is signed as one that is sent', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const file = join(dir, 'dkim.pem');
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const { inbox, send } = await openKeeper({
      EMAILS_DKIM_DOMAIN: 'firma.no',
      EMAILS_DKIM_SELECTOR: 'vaar',
      EMAILS_DKIM_KEY_FILE: file,
    });
    await send({ ...mail, from: 'post@firma.no' }, 1);
    const [kept] = await all(inbox);
    const source = kept ? (await inbox.read(kept)).toString() : '';
    expect(source).toMatch(/^DKIM-Signature: v=1; a=rsa-sha256; .*d=firma\.no;/);
    expect(source.length).toBe(kept?.bytes);
  });

  it('of a job that runs twice is kept once', async () => {
    const { inbox, processor } = await openKeeper();
    const job = runningJob(mail, 1);
    await storeJob(redis, job);
    const first = await processor.process(job, runContext({}));
    expect(await processor.process({ ...job, attempt: 2 }, runContext({}))).toEqual(first);
    expect(await all(inbox)).toHaveLength(1);
  });

  it('of a job that was erased meanwhile is not kept', async () => {
    const { inbox, processor } = await openKeeper();
    const before = sources().length;
    expect((await errorOf(processor.process(runningJob(mail, 2), runContext({})))).code).toBe('cancelled');
    expect([await all(inbox), sources().length]).toEqual([[], before]);
  });

  it('that storage does not take is tried again: nobody has it', async () => {
    const { inbox, send } = await openKeeper();
    rmSync(join(storageDir, 'tmp'), { recursive: true });
    expect((await errorOf(send(mail, 3))).code).toBe('storage_unavailable');
    expect(await all(inbox)).toEqual([]);
    await openDiskStorage(storageDir);
    expect((await send(mail, 3)).result).toMatchObject({ state: 'sent', delivery: 'inbox' });
  });
});

describe('a sweep', () => {
  it('what is too much goes, with its source and its record; so do the places of jobs that were erased', async () => {
    const { inbox, processor, send } = await openKeeper({ EMAILS_INBOX_MAX_MAILS: 2 });
    for (const serial of [11, 12, 13, 14]) await send({ ...mail, subject: String(serial) }, serial);
    await redis.del(jobKey(runningJob(mail, 14).id));
    await processor.check?.();
    expect((await all(inbox)).map(({ subject }) => subject)).toEqual(['13', '12']);
    expect(await redis.zcard('heavylift:{emails}:own:inbox')).toBe(2);
    expect(Object.keys(await redis.hgetall(jobKey(runningJob(mail, 11).id))).join()).not.toContain('own:inbox');
    expect(await inbox.sweep()).toBe(0);
  });

  it('mails at the same time have ids in the order in which they came', async () => {
    const { inbox, send } = await openKeeper();
    await Promise.all(Array.from({ length: 20 }, (_, serial) => send(mail, serial + 20)));
    const mails = await all(inbox);
    expect(mails.map(({ id }) => id)).toEqual(
      mails
        .map(({ id }) => id)
        .toSorted()
        .reverse(),
    );
    expect(new Set(mails.map(({ at }) => at)).size).toBe(20);
    expect(readFileSync(join(storageDir, 'inbox', sources()[0] ?? ''), 'utf8')).toContain('Subject: Hei');
  });
});
