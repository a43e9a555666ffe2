import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Files of a certificate and its key. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Makes a certificate of 127.0.0.1 and localhost below `dir`: signed by another one that was made so, or by itself. */
export function certify(dir: string, name: string, subject: string, by?: Certificate): Certificate {
  const made = { cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', made.key];
  const names = by ? ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-CA', by.cert, '-CAkey', by.key] : [];
  const args = ['req', '-x509', ...key, '-out', made.cert, '-days', '2', '-subj', subject, ...names];
  execFileSync('openssl', args, { stdio: 'pipe' });
  return made;
}
