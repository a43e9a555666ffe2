import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A client of SMTP or LMTP that says exactly what it is told. */
export interface MailSession {
  /** Says a line, and waits for so many replies (1), each as its lines. */
  say(line: string, replies?: number): Promise<string[]>;
  /** Waits for so many replies to what was written. */
  hear(replies?: number): Promise<string[]>;
  /** For what is no line, and for the end of the connection. */
  socket: Socket;
  /** Hands a mail over, with the protocol's greeting; resolves with the replies to recipients, and then to the mail. */
  deliver(mail: { from?: string; to: string[]; content: string }): Promise<{ rcpt: string[]; mail: string[] }>;
}

/** Connects to a mail server of this machine and waits for its greeting. */
export async function openMailSession(port: number, protocol: 'lmtp' | 'smtp' = 'lmtp'): Promise<MailSession> {
  const socket = connect({ port, host: '127.0.0.1' });
  let heard = '';
  let isOver = false;
  socket.setEncoding('latin1').on('data', (chunk) => {
    heard += chunk;
  });
  socket
    .on('error', () => {})
    .on('close', () => {
      isOver = true;
      socket.emit('data', '');
    });
  const nextReply = async (): Promise<string> => {
    for (;;) {
      const [reply] = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\n/.exec(heard) ?? [];
      if (reply !== undefined) {
        heard = heard.slice(reply.length);
        return reply.trimEnd();
      }
      if (isOver) throw new Error('the server hung up');
      await once(socket, 'data');
    }
  };
  const hear = async (replies = 1): Promise<string[]> => {
    const all: string[] = [];
    while (all.length < replies) all.push(await nextReply());
    return all;
  };
  const say = (line: string, replies = 1) => {
    socket.write(`${line}\r\n`);
    return hear(replies);
  };
  await hear();
  return {
    ...{ say, hear, socket },
    async deliver({ from = '', to, content }) {
      await say(protocol === 'lmtp' ? 'LHLO client.test' : 'EHLO client.test');
      await say(`MAIL FROM:<${from}>`);
      const rcpt: string[] = [];
      for (const one of to) rcpt.push(...(await say(`RCPT TO:<${one}>`)));
      const taken = rcpt.filter((reply) => reply.startsWith('250')).length;
      if (taken === 0) return { rcpt, mail: [] };
      await say('DATA');
      const stuffed = content.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..');
      return { rcpt, mail: await say(`${stuffed}\r\n.`, protocol === 'lmtp' ? taken : 1) };
    },
  };
}
