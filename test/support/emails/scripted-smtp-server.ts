import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Where the server can be told to do otherwise: before its greeting, at a command, at the mail's first bytes, after its dot. */
export type Stage =
  | 'greeting'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'bytes'
  | 'dot'
  | 'RSET'
  | 'QUIT';

/** An answer (`450 later`), silence, a closed connection, or an answer that comes a byte at a time. */
export type Reaction = `${number}${string}` | 'hang' | 'drop' | { slowly: string; everyMs: number };

/** What it does at a stage; undefined for what a good server does. `line` is the whole command. */
export type Script = (stage: Stage, line: string) => Reaction | undefined;

export interface ScriptedSmtpServer {
  url: string;
  port: number;
  script: Script;
  /** Mails that were answered with 250, each as its recipients and its bytes. */
  taken: { to: string[]; source: string }[];
  /** How often a stage was reached, over all connections. */
  reached(stage: Stage): number;
  close(): Promise<void>;
}

/** One connection. */
interface Client {
  socket: Socket;
  /** Recipients of the mail under way. */
  to: string[];
  /** Done when all that was to be said has been. */
  said: Promise<void>;
}

const WELL: Record<Stage, string | undefined> = {
  greeting: '220 scripted ESMTP',
  EHLO: '250-scripted\r\n250-PIPELINING\r\n250 8BITMIME',
  HELO: '250 scripted',
  STARTTLS: '502 5.5.1 not here',
  AUTH: '502 5.5.1 not here',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go on',
  bytes: undefined,
  dot: '250 2.0.0 taken',
  RSET: '250 2.0.0 ok',
  QUIT: '221 2.0.0 bye',
};

/** Opens an SMTP server of bare TCP on loopback (a free port unless told otherwise): it does what no good server would. */
export async function openScriptedSmtpServer(
  script: Script = () => undefined,
  onPort = 0,
): Promise<ScriptedSmtpServer> {
  const sockets = new Set<Socket>();
  const counts = new Map<Stage, number>();

  /** Reacts; answers what is said, null when nothing is. What is said comes after all that was said before. */
  const react = (client: Client, stage: Stage, line = ''): string | null => {
    counts.set(stage, (counts.get(stage) ?? 0) + 1);
    const good = stage === 'DATA' && client.to.length === 0 ? '554 5.5.1 no valid recipients' : WELL[stage];
    const reaction = self.script(stage, line) ?? good;
    if (reaction === undefined || reaction === 'hang') return null;
    if (reaction === 'drop') {
      client.socket.destroy();
      return null;
    }
    const [text, everyMs] = typeof reaction === 'string' ? [reaction, 0] : [reaction.slowly, reaction.everyMs];
    client.said = client.said.then(async () => {
      if (everyMs === 0) return void client.socket.write(`${text}\r\n`, 'latin1');
      for (const byte of `${text}\r\n`) {
        client.socket.write(byte);
        await delay(everyMs);
      }
    });
    return text;
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    const client: Client = { socket, to: [], said: Promise.resolve() };
    let received = '';
    /** The mail's bytes are being read. */
    let inBody = false;

    const readBody = () => {
      const end = received.indexOf('\r\n.\r\n');
      if (end < 0) return false;
      const source = received.slice(2, end);
      received = received.slice(end + 5);
      inBody = false;
      if (react(client, 'dot')?.startsWith('2')) self.taken.push({ to: client.to, source });
      client.to = [];
      return true;
    };
    const readCommand = () => {
      const end = received.indexOf('\r\n');
      if (end < 0) return false;
      const line = received.slice(0, end);
      received = received.slice(end + 2);
      const stage = (line.split(/[ :]/)[0] ?? '').toUpperCase() as Stage;
      if (stage === 'MAIL') client.to = [];
      const answer = react(client, stage, line);
      if (stage === 'RCPT' && answer?.startsWith('2')) client.to.push(/<(.*)>/.exec(line)?.[1] ?? '');
      // Whoever sent all its commands at once gets all answers.
      if (stage === 'QUIT') client.said = client.said.then(() => void socket.end());
      if (stage !== 'DATA' || !answer?.startsWith('3')) return true;
      inBody = true;
      // An empty mail is a lone dot: as if a line had ended before it.
      received = `\r\n${received}`;
      return true;
    };

    socket.on('data', (chunk) => {
      if (inBody && received === '\r\n') react(client, 'bytes');
      received += chunk.toString('latin1');
      for (let going = true; going && !socket.destroyed; ) going = inBody ? readBody() : readCommand();
    });
    react(client, 'greeting');
  });
  server.listen(onPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  const self: ScriptedSmtpServer = {
    port,
    url: `smtp://127.0.0.1:${port}`,
    script,
    taken: [],
    reached: (stage) => counts.get(stage) ?? 0,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return self;
}
