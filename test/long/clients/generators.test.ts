import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { drawNoise } from '../../support/documented-api.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { GENERATORS, type Generator } from './generated-programs.ts';

const MODULES = new URL('../../../node_modules', import.meta.url).pathname;
const TSCONFIG = {
  compilerOptions: {
    ...{ strict: true, target: 'es2023', module: 'nodenext', outDir: 'out', rootDir: '.', skipLibCheck: true },
    ...{ lib: ['es2023', 'dom', 'dom.iterable'], types: ['node'], typeRoots: [join(MODULES, '@types')] },
  },
  include: ['*.ts', 'made/**/*.ts'],
};

const { path: dir, remove } = makeTempDir();
const table: string[][] = [];
let product: Product;
/** What the product serves: asked for once, since what runs in between keeps a connection waiting until it is closed. */
let description: string;

beforeAll(async () => {
  product = await startProduct({ kinds: [['images', 'reports', 'emails', 'webhooks', 'calls']] });
  description = await (await fetch(`${product.url}/openapi.json`)).text();
  writeFileSync(join(dir, 'photo.jpg'), await drawNoise(320, 240));
}, 120_000);
afterAll(async () => {
  await product.close();
  remove();
  console.log(table.map((row) => row.map((cell) => cell.padEnd(24)).join('')).join('\n'));
});

/** Runs a program in a folder; throws what it said unless it ended well. */
function run(cwd: string, command: string, args: readonly string[], env?: Record<string, string>): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    ...(env && { env }),
  });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Installs the generator and has it make a client of what the product serves. */
function generate({ name, packages, command, program }: Generator): string {
  const folder = join(dir, name.replaceAll(/\W+/g, '-'));
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  run(folder, 'npm', ['install', '--silent', '--no-audit', '--no-fund', ...packages]);
  writeFileSync(join(folder, 'openapi.json'), description);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  const [tool = '', ...args] = command;
  run(folder, join(folder, 'node_modules/.bin', tool), args);
  writeFileSync(join(folder, 'use.ts'), program);
  return folder;
}

it.each(GENERATORS)(
  '$name: compiles, uploads, and `kind` tells the result',
  (generator) => {
    const folder = generate(generator);
    run(folder, process.execPath, [join(MODULES, 'typescript/bin/tsc'), '-p', '.']);
    const env = { URL: product.url, KEY: KEYS.kari, PHOTO: join(dir, 'photo.jpg') };
    const told = run(folder, process.execPath, ['out/use.js'], env);
    expect(
      told
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([{ made: [[80, 'webp']] }, { made: [[40, 'jpeg']] }, { pages: 1 }, { sent: ['accepted'] }, { pages: 1 }]);
    const [first = ''] = generator.packages;
    table.push([generator.name, first.slice(first.lastIndexOf('@') + 1), 'compiles', 'uploads', 'narrows']);
  },
  240_000,
);
