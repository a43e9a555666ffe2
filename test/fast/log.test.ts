import { writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { startProcess } from '../support/processes.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

/**
 * A process that logs what the script says into a pipe, and ends at SIGTERM after a last line. The reader is a command of
 * the shell; what it prints is the output, with the pid of the process and how it has ended.
 */
function startLogger(script: string, reader: string) {
  const code = `import { createLog } from './src/log.ts'; const log = createLog('info', 'test');
    process.on('SIGTERM', () => { log.fatal('the last line'); process.exit(3); });
    setInterval(() => {}, 1000); ${script}; process.stderr.write('pid ' + process.pid + '\\n');`;
  const line = '{ "$1" --input-type=module-typescript -e "$2"; echo "ended $?" >&2; } | eval "$3"';
  const shell = startProcess('sh', ['-c', line, 'sh', process.execPath, code, reader]);
  const find = (pattern: RegExp) => until(String(pattern), () => pattern.exec(shell.output())?.[1]);
  return {
    shell,
    async end() {
      process.kill(Number(await find(/^pid (\d+)$/m)), 'SIGTERM');
      return find(/^ended (\d+)$/m);
    },
  };
}

it('the reader of the log is gone: SIGTERM ends the process', async () => {
  const { shell, end } = startLogger(`log.info('first')`, 'echo gone; exit');
  await until('the reader is gone', () => shell.output().includes('gone'));
  expect(await end()).toBe('3');
  await shell.exited;
});

it('the reader of the log stands still: the process goes on, and SIGTERM ends it', async () => {
  const { path, remove } = makeTempDir();
  const script = `for (let i = 0; i < 3000; i++) log.info('x'.repeat(100))`;
  const { shell, end } = startLogger(script, `while [ ! -e ${path}/over ]; do sleep 0.1; done`);
  expect(await end()).toBe('3');
  writeFileSync(`${path}/over`, '');
  await shell.exited;
  remove();
});

it('a reader that was late: it gets every line, whole and in order', async () => {
  const script = `let n = 0; const say = () => log.info({ n: n++, text: 'æ'.repeat(100) });
    for (let i = 0; i < 2000; i++) say(); setInterval(say, 5)`;
  const { shell, end } = startLogger(script, 'read -r first; echo "$first"; sleep 1; cat');
  const numbers = () => [...shell.output().matchAll(/^\{.*"n":(\d+),.*\}$/gm)].map(([, number]) => Number(number));
  await until('lines after the first ones', () => numbers().length > 2010);
  expect(await end()).toBe('3');
  expect(numbers().slice(0, 2010)).toEqual(Array.from({ length: 2010 }, (_, index) => index));
});

it('a flood of lines that say the same: a hundred a second, and then how many came', async () => {
  const script = `for (let i = 0; i < 5000; i++) { log.warn({ code: 'full', job: i }, 'refused'); log.error({ err: new Error('x') }, 'broken'); }`;
  const { shell, end } = startLogger(script, 'cat');
  const counts = () =>
    [...shell.output().matchAll(/"code":"full","count":(\d+),"msg":"refused"/g)].map(([, n]) => Number(n));
  const written = () => shell.output().match(/"job":\d+,"msg":"refused"/g)?.length ?? 0;
  const told = () => written() + counts().reduce((sum, count) => sum + count, 0);
  await until('all are told', () => told() === 5000);
  expect(shell.output().match(/"stack"/g)?.length).toBeLessThanOrEqual(10 * (counts().length + 2));
  // A second may have ended in the middle of it, on a slow machine more than once.
  expect(written()).toBeLessThanOrEqual(100 * (counts().length + 1));
  expect(await end()).toBe('3');
  expect(shell.output()).toContain('the last line');
});

it('an error of Redis, and those in it: the command by its name, and nothing that was sent; what a relay says stays', async () => {
  const script = `const make = (name) => Object.assign(new Error(name), { command: { name, args: ['sent', '1'] } });
    log.error({ err: Object.assign(make('exec'), { previousErrors: [make('set')], lastNodeError: make('get') }) }, 'broken');
    log.error({ err: Object.assign(new Error('550'), { command: 'RCPT TO' }) }, 'refused')`;
  const { shell, end } = startLogger(script, 'cat');
  await until('both lines', () => shell.output().includes('"msg":"refused"'));
  expect(await end()).toBe('3');
  for (const name of ['exec', 'set', 'get']) expect(shell.output()).toContain(`"command":{"name":"${name}"}`);
  expect(shell.output()).toContain('"command":"RCPT TO"');
  expect(shell.output()).not.toContain('"sent"');
});

it('mail addresses: masked wherever they stand, in a stack too; a line of any length ends', async () => {
  const script = `log.error({ err: new Error('550 <kari.nordmann@example.no> unknown'), to: ['ola@example.no'] }, 'to eva@example.no');
    log.info({ text: 'y'.repeat(100000) }, 'long')`;
  const { shell, end } = startLogger(script, 'cat');
  await until('the long one', () => /"msg":"long"\}\n/.test(shell.output()));
  expect(await end()).toBe('3');
  expect(shell.output()).toContain('550 <k***@example.no> unknown');
  expect(shell.output()).not.toMatch(/kari\.nordmann|ola@|eva@/);
  expect(
    Math.max(
      ...shell
        .output()
        .split('\n')
        .map((line) => line.length),
    ),
  ).toBeLessThan(20_000);
});
