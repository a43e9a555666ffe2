import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Header } from 'tar';
import { MANIFEST, type Manifest, SUMS } from '../../../bin/backup/contents.ts';
import { readArchive } from '../../../bin/backup/read-archive.ts';
import { createArchive, one } from '../../../bin/backup/write-archive.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const manifest: Manifest = {
  format: 1,
  heavylift: '0.1.0',
  createdAt: '2026-11-28T03:15:00.000Z',
  running: true,
  deployment: 'dep_1',
  dataVersion: 2,
  keyPrefix: 'heavylift',
  redis: { version: '7.0.15', format: 10 },
  jobs: {},
  secrets: [],
};
const FILES: Record<string, string> = {
  'redis/appendonlydir/appendonly.aof.manifest': 'file x seq 1 type b\n',
  'storage/results/img_1/photo.jpg': 'p'.repeat(700),
  'storage/uploads/img_1-nonce/empty': '',
  [`storage/results/img_1/${'long-'.repeat(45)}name`]: 'long',
};

describe('a backup as a file', () => {
  let temp: ReturnType<typeof makeTempDir>;
  let path: string;
  let good: Buffer;
  beforeAll(async () => {
    temp = makeTempDir();
    path = join(temp.path, 'good.tar');
    const archive = await createArchive(path);
    const add = (name: string, text: string) => archive.add(name, one(Buffer.from(text)), Buffer.byteLength(text));
    await add(MANIFEST, JSON.stringify(manifest));
    for (const [name, text] of Object.entries(FILES)) await add(name, text);
    await archive.finish();
    good = readFileSync(path);
  });
  afterAll(() => temp.remove());

  const read = async (content: Buffer) => {
    const file = join(temp.path, 'read.tar');
    writeFileSync(file, content);
    const found: Record<string, string> = {};
    const take = async (name: string, pieces: AsyncIterable<Buffer>) => {
      found[name] = '';
      for await (const piece of pieces) found[name] += piece.toString();
    };
    return { ...(await readArchive(file, async () => {}, take)), found };
  };
  const refusalOf = (content: Buffer) =>
    read(content).then(
      () => 'taken',
      (error: Error) => error.message,
    );

  it('comes back as it was, is private, and the tools of every system read and check it', async () => {
    expect(await read(good)).toMatchObject({ found: FILES, manifest, files: 4, bytes: 724 });
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
    execFileSync('tar', ['--extract', '--file', path, '--directory', temp.path]);
    const checked = execFileSync('sha256sum', ['--check', SUMS], { cwd: temp.path, encoding: 'utf8' });
    expect(checked.trim().split('\n')).toHaveLength(5);
  });

  it('compressed: read all the same', async () => {
    expect((await read(gzipSync(good))).found).toEqual(FILES);
  });

  it('cut off anywhere before the end of its sums: refused in one line', async () => {
    const end = good.lastIndexOf('name\n') + 5;
    const cuts = [...Array.from({ length: Math.floor(end / 300) }, (_, index) => index * 300), end - 1];
    const said: string[] = [];
    for (const cut of cuts) said.push(await refusalOf(good.subarray(0, cut)));
    expect(said.filter((text) => !/ is (cut off|no backup)[^\n]*; nothing was restored$/.test(text))).toEqual([]);
  });

  it('a compressed one that is cut off: refused', async () => {
    expect(await refusalOf(gzipSync(good).subarray(0, -20))).toMatch(/cut off or damaged/);
  });

  it('a bit that is wrong in any content, or in any header: refused', async () => {
    const places = [
      520,
      good.indexOf('p'.repeat(700)) + 350,
      good.indexOf('long', 2500),
      1024 + 20,
      good.indexOf(SUMS),
    ];
    for (const place of places) {
      const damaged = Buffer.from(good);
      damaged[place] = (damaged[place] ?? 0) ^ 1;
      expect([place, await refusalOf(damaged)]).toEqual([place, expect.stringMatching(/damaged|no backup|cut off/)]);
    }
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from('hello')],
    ['random bytes', createHash('sha512').update('x').digest()],
    ['an archive of something else', makeTar([['readme.txt', 'File', 'hello']])],
    ['a manifest that says nothing', makeTar([[MANIFEST, 'File', '{}']])],
  ])('%s: no backup', async (_what, content) => {
    expect(await refusalOf(content)).toMatch(/is no backup of Heavylift; nothing was restored$/);
  });

  it.each([
    ['../secret', 'File'],
    ['/etc/cron.d/x', 'File'],
    ['storage/../../x', 'File'],
    ['storage/results/../../secret', 'File'],
    ['storage/tmp/draft', 'File'],
    ['redis/redis.conf', 'File'],
    ['redis/appendonlydir/a/b', 'File'],
    ['run/supervisor.sock', 'File'],
    ['.env', 'File'],
    ['storage', 'SymbolicLink'],
    ['storage/results/img_1', 'SymbolicLink'],
    ['storage/results/img_1/a', 'Link'],
    ['storage/results/', 'Directory'],
    ['storage/results/img_1/a', 'CharacterDevice'],
    ['storage/results/img_1/a', 'FIFO'],
  ] as const)('an entry %s (%s): refused, and named', async (name, type) => {
    const content = makeTar([
      [MANIFEST, 'File', JSON.stringify(manifest)],
      [name, type, type === 'File' ? 'x' : ''],
    ]);
    expect(await refusalOf(content)).toMatch(/it has an entry ".+" \(\w+\); nothing was restored$/);
  });

  it('the same name twice, and something behind the end: refused', async () => {
    const first = [MANIFEST, 'File', JSON.stringify(manifest)] as const;
    expect(await refusalOf(makeTar([first, ['secret', 'File', 'a'], ['secret', 'File', 'b']]))).toMatch(/"secret"/);
    expect(await refusalOf(makeTar([first, [SUMS, 'File', ''], ['secret', 'File', 'b']]))).toMatch(/follows its end/);
  });

  it('what killed backups have left in the folder goes, but what may still be written to', async () => {
    const drafts = [
      '.heavylift-2026-11-27T031500Z.tar.part-7',
      '.heavylift-2026-11-28T031500Z.tar.part-8',
      '.other.tar.part-9',
    ];
    const [old] = drafts;
    for (const name of drafts) writeFileSync(join(temp.path, name), 'half');
    const then = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [old, drafts[2]]) utimesSync(join(temp.path, name ?? ''), then, then);
    await (await createArchive(join(temp.path, 'next.tar'))).abandon();
    const left = readdirSync(temp.path).filter((name) => name.includes('.part-'));
    expect(left.toSorted()).toEqual(drafts.slice(1).toSorted());
  });

  it('never over a file that is there', async () => {
    const archive = await createArchive(path);
    await expect(archive.finish()).rejects.toThrow('is there already');
    await archive.abandon();
    expect(readFileSync(path).equals(good)).toBe(true);
  });
});

type Entry = readonly [name: string, type: string, text: string];

/** An archive of these entries; links lead out of the folder. */
function makeTar(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(([path, type, text]) => {
    const head = Buffer.alloc(512);
    const leads = type.endsWith('Link') ? { linkpath: '/etc' } : {};
    new Header({ path, size: text.length, mode: 0o600, type: type as 'File', ...leads }).encode(head);
    const body = Buffer.alloc(Math.ceil(text.length / 512) * 512);
    body.write(text);
    return [head, body];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
