import { createTransport } from 'nodemailer';
import { emails } from '../workers/emails/job.ts';

/**
 * nodemailer alone: a pool, the example's mail, nothing kept. `node mail-baseline.ts <port> <connections> <mails>`: prints
 * the seconds that sending took.
 */
const [port, connections, mails] = process.argv.slice(2).map(Number);
const { to, subject, text, html } = emails.example as Record<'subject' | 'text' | 'html', string> & { to: string[] };
const pool = createTransport({
  host: '127.0.0.1',
  port: port as number,
  pool: true,
  maxConnections: connections as number,
  maxMessages: 1000,
  ignoreTLS: true,
});
let left = mails as number;
const send = async () => {
  while (left > 0) {
    left -= 1;
    await pool.sendMail({ from: 'heavylift@localhost', to, subject, text, html });
  }
};
const begun = performance.now();
await Promise.all(Array.from({ length: connections as number }, send));
process.stdout.write(`${(performance.now() - begun) / 1000}\n`);
pool.close();
