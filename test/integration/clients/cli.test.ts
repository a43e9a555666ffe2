import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { createProgram } from '../../../bin/cli/run.ts';
import { COMMANDS, SERVER_COMMANDS } from '../../../clients/node/cli/commands/index.js';
import type { Io } from '../../../clients/node/cli/io.js';
import { run } from '../../../clients/node/cli/run.js';
import { runCli } from '../../support/cli.ts';
import { runProgram } from '../../support/clients/examples.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const MAIN = join(import.meta.dirname, '../../../clients/node/cli/main.js');
const LATER = '2026-12-20T10:00:00Z';
let product: Product;
let dir: string;
const inFolder = (name: string, content?: Uint8Array | string): string => {
  const path = join(dir, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

/** What a command left. */
interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  drawn: string;
  output: Buffer;
}

interface Given {
  input?: string;
  isTerminal?: boolean;
  stop?: AbortController;
  key?: string | null;
}

/** Runs the users' command line in this process, below the product's folder. */
async function type(
  args: string[],
  { input = '', isTerminal = false, stop, key = KEYS.kari }: Given = {},
): Promise<Ran> {
  const said = { stdout: '', stderr: '', drawn: '' };
  const add = (where: keyof typeof said, text: string) => {
    said[where] += text;
  };
  const parts: Buffer[] = [];
  const io: Io = {
    print: (text) => add('stdout', `${text}\n`),
    remark: (text) => add('stderr', `${text}\n`),
    draw: (text) => add('drawn', text),
    isTerminal,
    input: Readable.from([Buffer.from(input)]),
    output: new Writable({
      write(part, _encoding, done) {
        parts.push(part);
        done();
      },
    }),
    cwd: dir,
    home: join(dir, 'home'),
    signal: (stop ?? new AbortController()).signal,
    ...(key === null ? {} : { findLocal: () => ({ url: product.url, key }) }),
  };
  return { code: await run(args, io), ...said, output: Buffer.concat(parts) };
}

beforeAll(async () => {
  product = await startProduct({ kinds: [['images', 'reports', 'emails', 'calls', 'flows', 'webhooks']] });
  dir = join(product.dir, 'work');
  mkdirSync(dir);
  const photo = sharp({ create: { width: 60, height: 40, channels: 3, background: '#a37' } }).jpeg();
  for (const name of ['a.jpg', 'b.jpg']) inFolder(name, await photo.toBuffer());
  inFolder('text.jpg', 'no picture at all, but words');
  inFolder('rows.csv', 'day,amount\n2026-10-01,5\n2026-10-02,6\n');
});
afterAll(() => product.close());

describe('work', () => {
  it('images: into a file, whose name says the format; from standard input to standard output', async () => {
    expect(await type(['images', 'a.jpg', '-w', '30', '-o', 'small.webp'])).toMatchObject({
      ...{ code: 0, stdout: `${inFolder('small.webp')}\n`, stderr: '', drawn: '' },
    });
    expect(await sharp(readFileSync(inFolder('small.webp'))).metadata()).toMatchObject({ format: 'webp', width: 30 });
    const piped = await runProgram(product.url, {
      command: ['sh', '-c', `"$0" "$1" images - -w 20 -f png -o - < a.jpg > piped.png`, process.execPath, MAIN],
      env: {},
      cwd: dir,
    });
    expect(piped).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await sharp(readFileSync(inFolder('piped.png'))).metadata()).toMatchObject({ format: 'png', width: 20 });
  });

  it('images: many into a folder; one that can not be used stops no other', async () => {
    const { code, stdout, stderr } = await type([
      'images',
      '*.jpg',
      'none.jpg',
      '-f',
      'webp',
      '-o',
      'out/',
      '--tag',
      'cli',
    ]);
    expect(readdirSync(inFolder('out')).toSorted()).toEqual(['a.webp', 'b.webp']);
    expect([code, stdout.trim().split('\n').length]).toEqual([1, 2]);
    expect(stderr.trim().split('\n').toSorted()).toEqual([
      expect.stringMatching(/^none\.jpg: .*none\.jpg/),
      expect.stringMatching(/^text\.jpg: /),
    ]);
    const listed = await type(['jobs', '--tag', 'cli', '--json']);
    expect(
      listed.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).tags),
    ).toEqual([['cli'], ['cli']]);
  });

  it('on a terminal it shows how far it is, and takes the line away', async () => {
    const { code, drawn, stdout } = await type(['reports', 'rows.csv', '-o', 'r.pdf'], { isTerminal: true });
    expect([code, stdout]).toEqual([0, `${inFolder('r.pdf')}\n`]);
    expect(readFileSync(inFolder('r.pdf')).toString('latin1', 0, 5)).toBe('%PDF-');
    expect(drawn).toMatch(/rows\.csv {2}[#.]{20} \d+ % {2}/);
    expect(drawn.endsWith('\r\u001b[2K')).toBe(true);
  });

  it('reports: the format follows the name', async () => {
    expect((await type(['reports', 'rows.csv', '-o', 'r.xlsx'])).code).toBe(0);
    expect(readFileSync(inFolder('r.xlsx')).toString('latin1', 0, 2)).toBe('PK');
    expect((await type(['reports', 'rows.csv', '-o', 'copy.csv'])).code).toBe(0);
    expect(readFileSync(inFolder('copy.csv'), 'utf8')).toContain('2026-10-02');
  });

  it('a report as JSON, a mail with a file, a call, a flow for each row, uploads', async () => {
    inFolder('report.json', JSON.stringify({ data: { title: 'One', blocks: [] } }));
    inFolder(
      'flow.json',
      JSON.stringify({
        steps: [{ name: 'mail', kind: 'emails', input: { to: { row: 'to' }, subject: 'Hi', text: 'Hi' } }],
      }),
    );
    inFolder('rows.ndjson', '{"to":"a@example.no"}\n{"to":"nobody"}\n');
    const report = await type(['reports', 'report.json', '--set', 'data.title=Two', '--json']);
    expect(JSON.parse(report.stdout)).toMatchObject({ kind: 'reports', state: 'completed', facts: { title: 'Two' } });
    const mail = await type(['emails', '-', '--to', 'a@example.no', '-s', 'Hello', '-a', 'rows.csv'], {
      input: 'Dear A',
    });
    expect(mail).toMatchObject({ code: 0, stdout: 'a@example.no  accepted\n' });
    const call = await type(['calls', 'http://127.0.0.1:1/', '-H', 'x-one: 1', '-d', '{}', '--no-wait']);
    expect(call).toMatchObject({ code: 1, stderr: expect.stringMatching(/url/) });
    const flow = await type(['flows', 'flow.json', '--rows', 'rows.ndjson']);
    expect(flow).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^row 2, mail: .*\nflw_\w+ failed: /),
    });
    const uploads = await type(['uploads', 'rows.csv', '-', '--name', 'x.csv'], { input: 'a,b\n1,2\n' });
    expect(uploads).toMatchObject({ code: 0, stdout: expect.stringMatching(/^upd_\w+\nupd_\w+\n$/) });
  });

  it('wait, download, cancel, retry, erase and jobs go by the id', async () => {
    const posted = await type([
      'emails',
      '--to',
      'a@example.no',
      '-s',
      'x',
      '--text',
      'x',
      '--run-at',
      LATER,
      '--no-wait',
    ]);
    const id = posted.stdout.trim();
    expect(id).toMatch(/^eml_\w+$/);
    const stop = new AbortController();
    const waiting = type(['wait', id], { stop });
    await delay(300);
    stop.abort(new Error('interrupted'));
    expect(await waiting).toMatchObject({
      code: 130,
      stderr: `${id} goes on. To wait for it: heavylift wait ${id}; to cancel it: heavylift cancel ${id}\n`,
    });
    expect(await type(['cancel', id])).toMatchObject({ code: 0, stderr: `${id} is cancelled.\n` });
    expect(await type(['wait', id])).toMatchObject({ code: 1, stderr: expect.stringMatching(`^${id} cancelled: `) });
    expect(await type(['retry', id, 'img_none'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/runs again\.\nimg_none: /),
    });
    expect(await type(['jobs', id])).toMatchObject({ code: 0, stdout: expect.stringContaining(`"id": "${id}"`) });
    expect((await type(['jobs', '--kind', 'emails', '--limit', '1'])).stdout).toMatch(/^ID +STATE .*\neml_\w+ .*\n$/);
    expect((await type(['erase', id])).code).toBe(0);
    await until('it is gone', async () => (await type(['jobs', id])).code === 1);
    const image = await type(['images', 'a.jpg', '--json', '-w', '10']);
    expect(await type(['download', JSON.parse(image.stdout).id, '-o', 'got.jpg'])).toMatchObject({ code: 0 });
    expect(existsSync(inFolder('got.jpg'))).toBe(true);
  });
});

describe('what is typed', () => {
  it.each([
    [['imges', 'a.jpg'], 'there is no command imges (did you mean images?)'],
    [['images'], 'what it is for is missing: FILE...'],
    [['images', 'a.jpg', '--widht', '3'], 'there is no option --widht (did you mean --width?)'],
    [['images', 'a.jpg', '-w'], '-w must have a value: PX'],
    [['images', 'a.jpg', '-w', 'wide'], '--width must be a whole number'],
    [['images', 'a.jpg', 'b.jpg', '-o', '-'], '-o must be a folder'],
    [['jobs', 'a', 'b'], '"b" is one word too many'],
    [['emails', '--set', 'x'], '--set must be FIELD=VALUE'],
    [['schedules', 'walk'], 'it must be run NAME'],
    [['restart', 'web'], 'works only on the server: bin/heavylift restart'],
  ])('%j: exit status 2 and one line', async (args, sentence) => {
    const { code, stdout, stderr } = await type(args);
    expect([code, stdout, stderr.trimEnd().split('\n').length]).toEqual([2, '', 1]);
    expect(stderr).toContain(sentence);
  });

  it('help names every command and option; the server has each command too, and no other', async () => {
    const { stdout } = await type(['--help']);
    for (const { name, about, options } of COMMANDS) {
      expect(stdout).toContain(`  ${name.padEnd(9)}  ${about}`);
      const help = await type([name, '--help']);
      expect(help.code).toBe(0);
      for (const option of Object.keys(options)) expect(help.stdout).toContain(`--${option}`);
    }
    const nothing = { loadConfig: () => ({}) as never, print() {}, remark() {} };
    const names = createProgram(nothing).commands.map((one) => one.name());
    expect(names.toSorted()).toEqual([...SERVER_COMMANDS, ...COMMANDS.map(({ name }) => name)].toSorted());
  });

  it('login keeps what holds, for its user alone; nothing says the key', async () => {
    expect(await type(['jobs'], { key: null })).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/heavylift login/),
    });
    const refused = await type(['login', product.url], { key: null, input: 'key-of-nobody\n' });
    expect(refused).toMatchObject({ code: 1, stderr: 'The API key is not known.\n' });
    const kept = await type(['login', product.url], { key: null, input: `${KEYS.kari}\n` });
    const path = join(dir, 'home/heavylift/config.json');
    expect(kept).toMatchObject({ code: 0, stderr: `The key holds. It is kept in ${path}.\n` });
    expect([statSync(path).mode & 0o777, JSON.parse(readFileSync(path, 'utf8'))]).toEqual([
      0o600,
      { url: product.url, key: KEYS.kari },
    ]);
    expect(await type(['jobs', '--limit', '1'], { key: null })).toMatchObject({ code: 0 });
    const { env } = process;
    env['HEAVYLIFT_URL'] = 'http://127.0.0.1:9';
    const elsewhere = await type(['jobs'], { key: null });
    delete env['HEAVYLIFT_URL'];
    expect(elsewhere).toMatchObject({ code: 3, stderr: expect.stringMatching(/^there is no key for http:..127/) });
    writeFileSync(path, '{}', { mode: 0o644 });
    expect(await type(['jobs'], { key: null })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/must have url and key/),
    });
    expect(JSON.stringify([refused, kept])).not.toMatch(/key-of/);
  });

  it('on the server it finds the web process and the key by itself', async () => {
    const { port } = new URL(product.url);
    const settings = { DATA_DIR: product.dir, PORT: port, API_KEYS: `kari:${KEYS.kari}`, REDIS_URL: product.redis.url };
    const listed = await runCli(settings, 'jobs', '--limit', '1');
    expect(listed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^ID +STATE .*\n\w{3}_/) });
    expect(await runCli(settings, 'jobs', 'list', '--limit', '1')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/CALLER/),
    });
    expect((await runCli({ ...settings, PORT: '9' }, 'jobs')).code).toBe(3);
  }, 90_000);
});
