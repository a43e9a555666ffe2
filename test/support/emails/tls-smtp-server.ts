import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A certificate of its own making for `name`, and its private key, as PEM files in `dir`. */
export function makeCertificate(
  dir: string,
  name: string,
  key: 'ec' | 'rsa:2048' = 'ec',
): { certFile: string; keyFile: string } {
  const [certFile, keyFile] = [join(dir, `${name}.crt`), join(dir, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  const files = ['-keyout', keyFile, '-out', certFile];
  const kind = [
    'req',
    '-x509',
    '-newkey',
    key,
    ...(key === 'ec' ? ['-pkeyopt', 'ec_paramgen_curve:P-256'] : []),
    '-nodes',
  ];
  execFileSync('openssl', [...kind, '-days', '2', ...subject, ...files], { stdio: 'pipe' });
  return { certFile, keyFile };
}

export interface TlsSmtpServer {
  port: number;
  /** Of each mail taken: whether the session was secured, and who had logged in. */
  mails: { secure: boolean; user: string | undefined; source: string }[];
  /** Logins tried, with or without TLS. */
  logins: { secure: boolean; password: string | null | undefined }[];
  close(): Promise<void>;
}

/** A real SMTP server with TLS: from the first byte (`secure`), or by STARTTLS, which `stripped` takes out of its offer. */
export async function openTlsSmtpServer(
  { certFile, keyFile }: { certFile: string; keyFile: string },
  { secure = false, stripped = false }: { secure?: boolean; stripped?: boolean } = {},
): Promise<TlsSmtpServer> {
  const options: SMTPServerOptions = {
    secure,
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    disabledCommands: stripped ? ['STARTTLS'] : [],
    closeTimeout: 1,
    onAuth({ username, password }, session, answer) {
      self.logins.push({ secure: session.secure, password });
      answer(null, { user: username });
    },
    onData(stream, session, answer) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const user = session.user as unknown as string | undefined;
        self.mails.push({ secure: session.secure, user, source: Buffer.concat(chunks).toString('latin1') });
        answer(null, 'queued');
      });
    },
  };
  const server = new SMTPServer(options);
  server.on('error', () => {}); // a client that does not trust us hangs up
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const self: TlsSmtpServer = {
    port: (server.server.address() as AddressInfo).port,
    mails: [],
    logins: [],
    close: () => new Promise((resolve) => server.close(resolve)),
  };
  return self;
}
