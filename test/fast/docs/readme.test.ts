import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createProgram } from '../../../bin/cli/run.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { settingPrefix } from '../../../src/config/settings.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { defaultConfig, parseConfig } from '../../../workers/config.ts';
import { KINDS, SCOPES } from '../../../workers/index.ts';
import { KIND_NAMES, quotedIn, ROOT, readDocument, rowsOf, sectionOf } from './documents.ts';

const readme = readDocument('README.md');

describe('README.md, settings', () => {
  it('the defaults of the three settings that every kind has', () => {
    const rows = rowsOf(sectionOf(readme, '## Settings')).filter(([names = '']) => names.startsWith('`'));
    const defaults = Object.fromEntries(
      rows.flatMap(([names = '', values = '']) => {
        const shown = values.split(', ').map((value) => value.replaceAll('`', ''));
        return quotedIn(names).map((name, index) => [name, shown[index]]);
      }),
    );
    const config = defaultConfig() as unknown as Record<string, number>;
    const names = KIND_NAMES.flatMap((kind) =>
      (['WORKERS', 'CONCURRENCY', 'TIMEOUT_SECONDS'] as const).map((name) => `${settingPrefix(kind)}${name}`),
    );
    const computed = { IMAGES_WORKERS: 'one for each processor' };
    const expected = names.map((name) => [name, String(config[name])]);
    expect(names.map((name) => [name, defaults[name]])).toEqual(
      Object.entries({ ...Object.fromEntries(expected), ...computed }),
    );
  });
});

describe('README.md, kinds', () => {
  const routes = sectionOf(readme, '## The routes');
  const scoped = KINDS.flatMap(({ scope }) => scope ?? []);

  it('the routes name the POST of every kind that takes one', () => {
    const [, posts = ''] = /^\| `POST (.+?) \|/m.exec(routes) ?? [];
    expect([...posts.matchAll(/\/v1\/\w+/g)].map(([path]) => path)).toEqual(scoped.map((kind) => `/v1/${kind}`));
  });

  it('every kind has a page of its own in docs', () => {
    const linked = [...routes.matchAll(/\[(\w+)\]\(docs\/(\w+)\.md\)/g)].map(([, text, page]) => [text, page]);
    expect(linked.slice(0, KIND_NAMES.length)).toEqual(KIND_NAMES.map((kind) => [kind, kind]));
  });
});

describe('scopes', () => {
  it('docs/keys.md says of each what it allows', () => {
    const rows = rowsOf(sectionOf(readDocument('docs/keys.md'), '## Scopes'));
    expect(rows.flatMap(([scopes = '']) => quotedIn(scopes)).toSorted()).toEqual(SCOPES.toSorted());
  });
});

describe('docs/scaling.md', () => {
  it('has the slot of each kind in a cluster', () => {
    const rows = rowsOf(sectionOf(readDocument('docs/scaling.md'), '## A cluster'));
    const written = rows.flatMap(([slot = '', kinds = '']) => quotedIn(kinds).map((kind) => [kind, Number(slot)]));
    const expected = KIND_NAMES.map((kind) => [kind, slotOf(/\{(.+?)\}/.exec(queueKey(kind, 'wait'))?.[1] ?? '')]);
    expect(Object.fromEntries(written)).toMatchObject(Object.fromEntries(expected));
  });
});

/** The slot of a hash tag: CRC-16/XMODEM modulo 16384, as Redis' specification of clusters has it. */
function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % 16_384;
}

describe('docs/redis.md', () => {
  it('gives its user the channel of each kind', () => {
    const channels = readDocument('docs/redis.md').match(/^&\S+$/gm);
    expect(channels).toEqual(expect.arrayContaining(KIND_NAMES.map((kind) => `&${queueKey(kind, '*')}`)));
  });
});

describe('.env.example', () => {
  it('has the settings of each kind below its heading', () => {
    const [, ...parts] = readDocument('.env.example').split(/^# --- /m);
    for (const { contract, settings } of KINDS) {
      const part = parts.find((text) => text.toLowerCase().startsWith(`${contract.kind}\n`)) ?? '';
      const names = [...part.matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name);
      expect([contract.kind, names.toSorted()]).toEqual([contract.kind, Object.keys(settings.fields).toSorted()]);
    }
  });
});

describe('every document but the CHANGELOG', () => {
  const inDocs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`);
  const documents = [...readdirSync(ROOT), ...inDocs].filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md');

  it('calls each setting by the name that it has now', () => {
    const formerNames = documents.flatMap((path) => {
      const words = new Set(readDocument(path).match(/\b[A-Z]+(_[A-Z]+)+\b/g));
      return [...words].filter((word) => isFormerName(word)).map((word) => `${path}: ${word}`);
    });
    expect(documents.length).toBeGreaterThan(10);
    expect(formerNames).toEqual([]);
  });
});

/** Whether the start refuses a setting of that name with the one that it has now. */
function isFormerName(name: string): boolean {
  try {
    parseConfig({ [name]: '1' });
    return false;
  } catch (error) {
    return error instanceof ConfigError && error.issues.some((issue) => issue.startsWith(`${name}: is called `));
  }
}

describe.each([
  'README.md',
  'CONTRIBUTING.md',
  'docs/deploy.md',
  'docs/operations.md',
  'docs/runbook.md',
  'docs/keys.md',
  'docs/webhooks.md',
])('%s', (path) => {
  const document = readDocument(path);

  it('names commands that there are', () => {
    const { commands } = createProgram({ loadConfig: fail, print: fail, remark: fail });
    const known = commands.map((command) => command.name());
    const named = [...document.matchAll(/\bbin\/heavylift ([a-z][a-z-]*)/g)].map(([, command = '']) => command);
    expect(named.filter((command) => !known.includes(command))).toEqual([]);
  });

  it('names npm scripts that there are', () => {
    const { scripts } = JSON.parse(readDocument('package.json')) as { scripts: Record<string, string> };
    const named = [...document.matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});

const fail = (): never => {
  throw new Error('not asked for');
};
