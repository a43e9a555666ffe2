import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AddressObject, simpleParser } from 'mailparser';
import PostalMime from 'postal-mime';
import { createSuppressions } from '../../../src/suppressions/store.ts';
import { findEximFault, startExim } from '../../support/emails/exim.ts';
import { MAIL_SORTS } from '../../support/emails/mail-sorts.ts';
import { findPostfixFault, startPostfix } from '../../support/emails/postfix.ts';
import { until } from '../../support/until.ts';
import { openMail } from '../../unit/emails/open-mail.ts';

const dirs: string[] = [];
const makeDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'mail-road-'));
  dirs.push(dir);
  return dir;
};
const signing = generateKeyPairSync('rsa', { modulusLength: 2048 });
const record = `v=DKIM1; k=rsa; p=${createPublicKey(signing.privateKey).export({ type: 'spki', format: 'der' }).toString('base64')}`;
let keyFile = '';
beforeAll(() => {
  keyFile = join(makeDir(), 'key.pem');
  writeFileSync(keyFile, signing.privateKey.export({ type: 'pkcs8', format: 'pem' }));
});
afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

const settings = () => ({
  ...{ EMAILS_FROM: 'Firma <post@example.test>', PUBLIC_URL: 'https://www.example.test' },
  ...{ EMAILS_DKIM_DOMAIN: 'example.test', EMAILS_DKIM_SELECTOR: 'a', EMAILS_DKIM_KEY_FILE: keyFile },
});
const base = { to: 'kari@example.test', subject: 'Hei', text: 'Hei!' };
const given = (sort: string) => ({ ...base, ...MAIL_SORTS[sort] }) as Record<string, unknown>;

/** Sends all sorts, one after the other; resolves with what each ended as. */
async function sendAll(url: string): Promise<Record<string, string>> {
  const { send, redis } = await openMail({}, '', url, settings());
  const ended: Record<string, string> = {};
  for (const [at, sort] of Object.keys(MAIL_SORTS).entries()) {
    const { headers = {}, ...more } = given(sort);
    const mail = JSON.parse(
      JSON.stringify({ ...more, headers: { ...(headers as object), 'X-Sort': String(at) } }),
    ) as object;
    ended[sort] = await send(mail as Record<string, unknown>).then(
      ({ state }) => state,
      (error: Error) => error.message,
    );
  }
  expect((await createSuppressions(redis, ['x'.repeat(40)]).list(null, 10)).suppressions).toEqual([]);
  return ended;
}

const allSent = () => Object.fromEntries(Object.keys(MAIL_SORTS).map((sort) => [sort, 'sent']));

/** What a reader made of a mail. */
interface Read {
  subject: string | undefined;
  from: { name: string; address: string | undefined }[];
  cc: { name: string; address: string | undefined }[];
  text: string;
  files: { name: string; size: number }[];
}

const boxes = (list: AddressObject | AddressObject[] | undefined) =>
  [list ?? []].flat().flatMap(({ value }) => value.map(({ name, address }) => ({ name, address })));

async function byMailparser(source: Buffer): Promise<Read> {
  const { subject, from, cc, text = '', attachments } = await simpleParser(source, { skipTextToHtml: true });
  const files = attachments.map(({ filename = '', size }) => ({ name: filename, size }));
  return { subject, from: boxes(from), cc: boxes(cc), text, files: files.filter(({ name }) => name !== '') };
}

async function byPostalMime(source: Buffer): Promise<Read> {
  const { subject, from, cc = [], text = '', attachments } = await PostalMime.parse(source);
  const size = (content: string | ArrayBuffer | Uint8Array) =>
    typeof content === 'string' ? content.length : content.byteLength;
  const files = attachments.flatMap(({ filename, content }) =>
    filename ? [{ name: filename, size: size(content) }] : [],
  );
  const box = ({ name = '', address }: { name?: string; address?: string | undefined }) => ({ name, address });
  return { subject, from: from ? [box(from)] : [], cc: cc.map(box), text, files };
}

type PythonRead = Read & { defects: string[]; signed: boolean | null };
const byPython = (mails: Buffer[]): PythonRead[] =>
  JSON.parse(
    execFileSync('/usr/bin/python3', [join(import.meta.dirname, '../../support/emails/mail-readers.py')], {
      input: JSON.stringify({ record, mails: mails.map((mail) => mail.toString('base64')) }),
      maxBuffer: 1e9,
      encoding: 'utf8',
    }),
  ) as PythonRead[];

const fault = findPostfixFault();
describe('mails of every sort through postfix', () => {
  (fault ? it.skip : it)(
    `each arrives whole: three readers agree on what was posted${fault ? `: ${fault}` : ''}`,
    async () => {
      const dir = makeDir();
      const postfix = await startPostfix(dir);
      try {
        expect(await sendAll(postfix.url)).toEqual(allSent());
        const count = Object.keys(MAIL_SORTS).length;
        // Copies of cc are delivered to the same box.
        await until('all mails are delivered', () => postfix.isIdle() && postfix.delivered().length >= count);
        const arrived = new Map<number, Buffer>();
        for (const text of postfix.delivered()) {
          arrived.set(Number(/^X-Sort: (\d+)$/m.exec(text)?.[1]), Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));
        }
        await compare(Object.keys(MAIL_SORTS).map((_, at) => arrived.get(at) ?? Buffer.alloc(0)));
      } finally {
        postfix.stop();
      }
    },
  );
});

async function compare(mails: Buffer[]): Promise<void> {
  const python = byPython(mails);
  const verified = python.filter(({ signed }) => signed).length;
  console.log(`${mails.length} mails read by three, ${verified} signatures verified (by dkimpy, of python3-dkim)`);
  for (const [at, sort] of Object.keys(MAIL_SORTS).entries()) {
    const {
      subject,
      text,
      html,
      attachments = [],
      calendar,
    } = given(sort) as Record<string, unknown> & { attachments?: [] };
    const mail = mails[at] as Buffer;
    const reads: Read[] = [await byMailparser(mail), await byPostalMime(mail), python[at] as PythonRead];
    for (const read of reads) {
      if (subject !== undefined) expect([sort, read.subject]).toEqual([sort, subject]);
      if (text !== undefined) expect([sort, tidy(read.text)]).toEqual([sort, tidy(text as string)]);
      expect([sort, read.text.trim() === '']).toEqual([sort, false]);
      const names = (attachments as { filename: string }[]).map(({ filename }) => filename);
      expect([sort, read.files.map(({ name }) => name)]).toEqual([
        sort,
        [...names, ...(calendar ? ['invite.ics'] : [])],
      ]);
    }
    const [first, second, third] = reads.map(({ from, cc }) => ({ from, cc }));
    expect([sort, second, third]).toEqual([sort, first, first]);
    expect([sort, python[at]?.defects, python[at]?.signed ?? true]).toEqual([sort, [], true]);
    expect([sort, html === undefined || mail.includes('text/html')]).toEqual([sort, true]);
  }
}

/** What a mail does not keep: the sort of line ends, and those at the end. */
const tidy = (text: string): string => text.replace(/\r\n?|\n/g, '\n').trimEnd();

const noExim = findEximFault();
describe('mails of every sort through exim, which refuses lines of more than 998 octets', () => {
  (noExim ? it.skip : it)(`all are taken${noExim ? `: ${noExim}` : ''}`, async () => {
    const exim = await startExim(makeDir());
    try {
      expect(await sendAll(exim.url)).toEqual(allSent());
    } finally {
      exim.stop();
    }
  });
});
