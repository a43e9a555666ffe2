import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createDrain, type Drain } from '../../../src/http/connections/drain.ts';
import { until } from '../../support/until.ts';

let server: Server;
let drain: Drain;
let agent: Agent;
/** Answers to requests for /slow, in the order in which they came. */
let answers: (() => void)[];

async function open(): Promise<number> {
  answers = [];
  agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server = createServer((req, res) => {
    if (req.url === '/slow') answers.push(() => res.end('slow'));
    else res.end('quick');
  });
  drain = createDrain(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
afterEach(() => {
  agent.destroy();
  server.closeAllConnections();
});

const ask = async (port: number, path: string) => {
  const [response] = (await once(get({ port, path, agent }), 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response.headers.connection;
};

describe('a server that is drained', () => {
  it('a request under way is answered, and says that it is the last; then all has closed', async () => {
    const port = await open();
    const slow = ask(port, '/slow');
    await until('it has come', () => answers.length === 1);
    const closed = drain.close(60_000);
    answers[0]?.();
    expect(await slow).toBe('close');
    await closed;
  });

  it('who asks again on a connection that was kept is answered once more, and told to open another', async () => {
    const port = await open();
    expect(await ask(port, '/')).toBe('keep-alive');
    const closed = drain.close(60_000);
    expect(await ask(port, '/')).toBe('close');
    await closed;
  });

  it('no further connection is taken; those on which nothing is asked are closed', async () => {
    const port = await open();
    await ask(port, '/');
    const silent = connect(port, '127.0.0.1');
    await once(silent, 'connect');
    await until('both are there', () => new Promise((done) => server.getConnections((_, count) => done(count === 2))));
    const ended = once(silent, 'close');
    const closed = drain.close(60_000);
    const refused = connect(port, '127.0.0.1');
    expect(((await once(refused, 'error')) as NodeJS.ErrnoException[])[0]?.code).toBe('ECONNREFUSED');
    await Promise.all([closed, ended]);
  });

  it('what lasts longer than the limit is cut', async () => {
    const port = await open();
    const slow = ask(port, '/slow').catch((error: NodeJS.ErrnoException) => error.code);
    await until('it has come', () => answers.length === 1);
    await drain.close(0);
    expect(await slow).toBe('ECONNRESET');
  });
});
