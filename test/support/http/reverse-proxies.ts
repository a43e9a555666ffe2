import { execFileSync } from 'node:child_process';
import { accessSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, type TestProcess } from '../processes.ts';
import { findFreePort } from '../product.ts';
import { until } from '../until.ts';

/** A real reverse proxy that runs with the blocks of docs/proxy.md. */
export interface ReverseProxy {
  /** `https://localhost:PORT`, of the block for a whole host. */
  url: string;
  /** Where plain HTTP is answered, to be sent on. */
  plainUrl: string;
  /** `http://127.0.0.1:PORT/heavylift`, of the block below a path. */
  subUrl: string;
  /** What the certificate of `url` is checked with. */
  ca: string;
  process: TestProcess;
}

/** The fenced blocks of docs/proxy.md in that language: for a whole host, and below a path. */
function blocksOf(language: string): [string, string] {
  const page = readFileSync(new URL('../../../docs/proxy.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))].map(
    ([, block = '']) => block,
  );
  const [whole, below] = blocks;
  if (whole === undefined || below === undefined || blocks.length > 2) throw new Error(`${language}: not two blocks`);
  return [whole, below];
}

const PROGRAMS = { nginx: '/usr/sbin/nginx', caddy: '/usr/bin/caddy' };

/** Whether that proxy is installed where Debian puts it. */
export function isInstalled(name: keyof typeof PROGRAMS): boolean {
  try {
    accessSync(PROGRAMS[name]);
    return true;
  } catch {
    return false;
  }
}

/** The ports that the blocks are given in place of their own. */
const findPorts = async () => ({ tls: await findFreePort(), plain: await findFreePort(), sub: await findFreePort() });

async function answers({ process, url, plainUrl, subUrl, ca }: Omit<ReverseProxy, 'ca'> & { ca: () => string }) {
  await until('the proxy answers', async () => (await fetch(`${subUrl}/livez`)).ok).catch((error) => {
    throw new Error(`${error.message}\n${process.output()}`);
  });
  return { process, url, plainUrl, subUrl, ca: ca() };
}

/** Starts nginx with the blocks before the product at `target`; `lines` stand beside them. */
export async function startNginx(dir: string, target: string, lines = ''): Promise<ReverseProxy> {
  mkdirSync(dir, { recursive: true });
  const { tls, plain, sub } = await findPorts();
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const asked = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-subj', '/CN=localhost', '-nodes'];
  const made = ['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert, '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...asked, ...made], { stdio: 'pipe' });
  const [whole, below] = blocksOf('nginx').map((block) =>
    block
      .replaceAll(/^.*listen \[::\].*\n/gm, '')
      .replaceAll('127.0.0.1:3000', new URL(target).host)
      .replace('listen 80;', `listen 127.0.0.1:${plain};`)
      .replace('listen 443 ssl;', `listen 127.0.0.1:${tls} ssl;`)
      .replaceAll('jobs.example.com;', 'localhost;')
      .replace(/ssl_certificate .*;/, `ssl_certificate ${cert};`)
      .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${key};`),
  );
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${dir}/${name};`,
  );
  const isRoot = process.getuid?.() === 0;
  writeFileSync(
    join(dir, 'nginx.conf'),
    `daemon off; worker_processes 1; pid ${dir}/nginx.pid; ${isRoot ? 'user root;' : ''}
events { worker_connections 256; }
http { access_log off; ${folders.join(' ')} ${lines}
${whole}
server { listen 127.0.0.1:${sub}; ${below} }
}`,
  );
  const nginx = startProcess(PROGRAMS.nginx, ['-c', join(dir, 'nginx.conf'), '-p', dir, '-e', 'stderr']);
  return answers({
    process: nginx,
    url: `https://localhost:${tls}`,
    plainUrl: `http://localhost:${plain}`,
    subUrl: `http://127.0.0.1:${sub}/heavylift`,
    ca: () => readFileSync(cert, 'utf8'),
  });
}

/** Starts Caddy with the blocks before the product at `target`; its certificate is one of its own. */
export async function startCaddy(dir: string, target: string): Promise<ReverseProxy> {
  const { tls, plain, sub } = await findPorts();
  const [whole, below] = blocksOf('caddy').map((block) =>
    block
      .replaceAll('127.0.0.1:3000', new URL(target).host)
      .replace('jobs.example.com', 'localhost')
      .replace('www.example.com', `http://127.0.0.1:${sub}`),
  );
  const options = [
    'admin off',
    `http_port ${plain}`,
    `https_port ${tls}`,
    'skip_install_trust',
    `storage file_system ${dir}`,
  ];
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'Caddyfile'), `{\n${options.join('\n')}\n}\n${whole}\n${below}`);
  const caddy = startProcess(PROGRAMS.caddy, ['run', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile']);
  return answers({
    process: caddy,
    url: `https://localhost:${tls}`,
    plainUrl: `http://localhost:${plain}`,
    subUrl: `http://127.0.0.1:${sub}/heavylift`,
    ca: () => readFileSync(join(dir, 'pki/authorities/local/root.crt'), 'utf8'),
  });
}
