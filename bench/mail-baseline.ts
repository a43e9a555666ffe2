import { createTransport } from 'nodemailer';
import { emails } from '../workers/emails/job.ts';

/**
 * nodemailer alone: a pool, the example's mail, nothing kept. `node mail-baseline.ts <port> <connections> <mails>`: prints
 * `{seconds, cpuMs}`, what sending took.
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
const [begun, used] = [performance.now(), process.cpuUsage()];
await Promise.all(Array.from({ length: connections as number }, send));
const { user, system } = process.cpuUsage(used);
process.stdout.write(JSON.stringify({ seconds: (performance.now() - begun) / 1000, cpuMs: (user + system) / 1000 }));
pool.close();
