import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { sendSlowly, startLoad } from '../test/support/http/steady-load.ts';
import { startProcess } from '../test/support/processes.ts';
import { findFreePort } from '../test/support/product.ts';
import { copyProduct } from '../test/support/product-copy.ts';
import { makeTempDir } from '../test/support/temp-dir.ts';
import { until } from '../test/support/until.ts';

/**
 * Whether anybody notices: eight connections ask without a rest, half of them each time on a new one, while everything is
 * restarted twice, a changed commit is deployed and one that does not start. Directly, and behind nginx where there is one.
 * Meanwhile an upload takes five seconds. Prints what was answered and the longest wait; exit status 1 where anything else
 * than 200 was.
 */
const CONNECTIONS = 8;

const webWorkers = process.argv[2] ?? '1';
const product = copyProduct();
await product.commit();
const started = await product.start({ WEB_WORKERS: webWorkers });
const direct = `http://127.0.0.1:${started.env['PORT']}`;
const nginx = await startNginx(direct);
let failed = false;

const health = join(product.path, 'src/http/ops/health.ts');
await measure('restart', () => started.heavylift('restart'), true);
await measure('restart', () => started.heavylift('restart'), true);
writeFileSync(health, readFileSync(health, 'utf8').replace("status: 'ok'", "status: 'ok', version: 2"));
await product.commit();
await measure('deploy', () => started.heavylift('deploy'), true);
appendFileSync(health, 'throw new Error("broken on purpose");\n');
await product.commit();
await measure('deploy of what does not start', () => started.heavylift('deploy'), false);

await nginx?.stop();
await started.stop();
product.remove();
process.exit(failed ? 1 : 0);

async function measure(what: string, act: () => ReturnType<typeof started.heavylift>, succeeds: boolean) {
  const loads = [
    { name: 'directly', load: startLoad(`${direct}/livez`, { connections: CONNECTIONS }) },
    ...(nginx ? [{ name: 'behind nginx', load: startLoad(`${nginx.url}/livez`, { connections: CONNECTIONS }) }] : []),
  ];
  const uploads = [direct, ...(nginx ? [nginx.url] : [])].map(uploadSlowly);
  const begunAt = performance.now();
  const { status, output } = await act();
  const seconds = ((performance.now() - begunAt) / 1000).toFixed(1);
  if ((status === 0) !== succeeds) throw new Error(`${what}: ${status}\n${output}`);
  const statuses = await Promise.all(uploads);
  if (statuses.some((one) => one !== 202)) failed = true;
  process.stdout.write(`${what} (${seconds} s, exit status ${status}); uploads of 5 s: ${statuses.join(', ')}\n`);
  for (const { name, load } of loads) {
    const { answers, longestMs } = await load.stop();
    const { 200: good = 0, ...bad } = answers;
    if (Object.keys(bad).length > 0) failed = true;
    const rest = Object.entries(bad).map(([answer, count]) => `${count} ${answer}`);
    const longest = `longest wait ${longestMs.toFixed(0)} ms`;
    process.stdout.write(
      `  ${name.padEnd(12)} ${good} answered, ${rest.join(', ') || 'refused 0, reset 0'}, ${longest}\n`,
    );
  }
}

async function uploadSlowly(url: string): Promise<number> {
  const noise = { width: 300, height: 300, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 } } as const;
  const body = await sharp({ create: { ...noise, background: 'white' } })
    .png()
    .toBuffer();
  const key = readFileSync(started.paths.apiKeyFile, 'utf8').trim();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'image/png' };
  return sendSlowly(`${url}/v1/images?width=20`, { headers, body, parts: 20, everyMs: 250 });
}

async function startNginx(upstream: string) {
  if (spawnSync('nginx', ['-v']).status !== 0) return null;
  const { path, remove } = makeTempDir();
  const port = await findFreePort();
  for (const folder of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(path, folder));
  const conf = join(path, 'nginx.conf');
  const paths = ['client_body_temp_path body', 'proxy_temp_path proxy', 'fastcgi_temp_path fastcgi'];
  const more = ['uwsgi_temp_path uwsgi', 'scgi_temp_path scgi'];
  writeFileSync(
    conf,
    `daemon off; pid ${path}/pid; error_log ${path}/error.log; events {}
http {
  access_log off; ${[...paths, ...more].map((line) => `${line.replace(/ (\w+)$/, ` ${path}/$1`)};`).join(' ')}
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_request_buffering off;
    }
  }
}
`,
  );
  const running = startProcess('nginx', ['-c', conf, '-p', path]);
  const url = `http://127.0.0.1:${port}`;
  await until('nginx answers', async () => (await fetch(`${url}/livez`)).ok);
  return {
    url,
    async stop() {
      await running.stop();
      remove();
    },
  };
}
