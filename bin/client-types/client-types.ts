/** `npm run client-types`: makes the types of clients/node from the description of the API and from its sources. */
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOpenApi } from '../../src/http/openapi/index.ts';
import { defaultConfig } from '../../workers/config.ts';
import { CONTRACTS, KINDS } from '../../workers/index.ts';
import { writeTypes } from './write-types.ts';

const CLIENT = join(import.meta.dirname, '../../clients/node');
const TSC = join(import.meta.dirname, '../../node_modules/typescript/bin/tsc');
const FLAGS = [
  '--ignoreConfig',
  '--allowJs',
  '--checkJs',
  '--strict',
  '--skipLibCheck',
  '--declaration',
  '--emitDeclarationOnly',
];
const LANGUAGE = [
  '--module',
  'nodenext',
  '--target',
  'es2023',
  '--lib',
  'es2023,dom,dom.iterable,dom.asynciterable',
  '--types',
  'node',
];

const documented = KINDS.flatMap((kind) => kind.documented ?? []);
const document = createOpenApi({ contracts: CONTRACTS, documented, config: defaultConfig() });
const types = join(CLIENT, 'types');
/** Where they are made; a test compares them with those that are kept. */
const target = process.argv[2] ?? types;
for (const name of readdirSync(target)) rmSync(join(target, name));
writeFileSync(join(target, 'api.d.ts'), writeTypes(document));
const sources = ['index.js', 'browser.js'].map((name) => join(CLIENT, 'src', name));
const { status, stdout } = spawnSync(
  process.execPath,
  [TSC, ...FLAGS, ...LANGUAGE, '--rootDir', join(CLIENT, 'src'), '--outDir', target, ...sources],
  { encoding: 'utf8' },
);
process.stdout.write(stdout);
process.exitCode = status ?? 1;
