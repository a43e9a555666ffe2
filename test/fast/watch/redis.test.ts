import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSend, readReply } from '../../../bin/watch/redis.js';
import { makeTempDir } from '../../support/temp-dir.ts';

describe('readReply', () => {
  it.each([
    ['+OK\r\n', 'OK'],
    [':42\r\n', 42],
    ['$-1\r\n', null],
    ['*-1\r\n', null],
    ['$0\r\n\r\n', ''],
    ['$4\r\nblå\r\n', 'blå'],
    ['$4\r\na\r\nb\r\n', 'a\r\nb'],
    ['*3\r\n$1\r\na\r\n*1\r\n:1\r\n$-1\r\n', ['a', [1], null]],
  ])('%j', (text, reply) => {
    expect(readReply(Buffer.from(text), 0)?.reply).toEqual(reply);
  });

  it('an answer that is cut off anywhere: not there yet', () => {
    const whole = Buffer.from('*2\r\n$3\r\nabc\r\n:7\r\n');
    for (let end = 0; end < whole.length; end += 1) expect(readReply(whole.subarray(0, end), 0)).toBeNull();
    expect(readReply(whole, 0)).toEqual({ reply: ['abc', 7], next: whole.length });
  });
});

describe('createSend', () => {
  const plain = { mode: 'socket' as const, hosts: [], tls: null, hello: [], sentinelHello: [] };
  let dir: ReturnType<typeof makeTempDir>;
  let server: Server;
  let got = '';
  const listen = (answer: (text: string) => string | null) =>
    new Promise<string>((resolve) => {
      got = '';
      const path = join(dir.path, 's');
      server = createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', (part) => {
          got += part.toString();
          const said = answer(got);
          if (said === null) socket.destroy();
          else socket.write(said);
        });
      }).listen(path, () => resolve(path));
    });
  beforeEach(() => {
    dir = makeTempDir();
  });
  afterEach(() => {
    server.close();
    dir.remove();
  });

  it('says first how to get in, then the commands; answers with theirs alone', async () => {
    const path = await listen((text) => (text.includes('PING') ? '+OK\r\n+OK\r\n+PONG\r\n' : ''));
    const send = createSend({
      ...plain,
      path,
      hello: [
        ['AUTH', 'kari', 'sæcret'],
        ['SELECT', '3'],
      ],
    });
    expect(await send([['PING']])).toEqual(['PONG']);
    expect(got).toBe(
      '*3\r\n$4\r\nAUTH\r\n$4\r\nkari\r\n$7\r\nsæcret\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$4\r\nPING\r\n',
    );
  });

  it('a refused command, a closed connection, no answer: rejected', async () => {
    const answers: (string | null)[] = ['-NOAUTH no\r\n', null, ''];
    const path = await listen(() => answers[0] as string | null);
    const send = createSend({ ...plain, path });
    await expect(send([['PING']])).rejects.toThrow('NOAUTH');
    answers.shift();
    await expect(send([['PING']])).rejects.toThrow('closed');
    answers.shift();
    await expect(send([['PING']])).rejects.toThrow('no answer in time');
  });

  it('nobody there: rejected', async () => {
    await listen(() => '');
    await expect(createSend({ ...plain, path: join(dir.path, 'none') })([['PING']])).rejects.toThrow('ENOENT');
  });
});
