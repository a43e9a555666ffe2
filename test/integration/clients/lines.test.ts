import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createOpenApi } from '../../../src/http/openapi/index.ts';
import { describeDocument } from '../../../src/http/pages/docs/describe-document.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { CONTRACTS, KINDS } from '../../../workers/index.ts';
import { FOLDER, LANGUAGES, runProgram } from '../../support/clients/examples.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

// The lines that /docs shows beside each operation, all of them as one program for each language, against a server that notes
// what it is asked.

const documented = KINDS.flatMap((kind) => kind.documented ?? []);
const document = createOpenApi({ contracts: CONTRACTS, documented, config: defaultConfig() });
const operations = describeDocument(document).flatMap((tag) => tag.operations);
const shown = operations.filter(({ lines }) => lines.length > 0);
const variables = [
  ...new Set(shown.flatMap(({ path }) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name))),
];

const folder = makeTempDir();
const asked: unknown[] = [];
const server = createServer(async (req: IncomingMessage, res) => {
  const body = await text(req);
  asked.push([req.method, req.url, body === '' ? null : JSON.parse(body)]);
  res.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
});
let url = '';
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  folder.remove();
});

/** What a program of a language begins with, in the place of what installs its client. */
const HEADS: Record<string, string[]> = {
  node: [`import { Heavylift } from '${join(FOLDER, 'node/src/index.js')}';`, 'const heavylift = new Heavylift();'],
  python: ['from heavylift import Heavylift', 'heavylift = Heavylift()'],
  php: ['<?php', `require '${join(FOLDER, 'php/autoload.php')}';`, '$heavylift = new Heavylift\\Heavylift();'],
};
const ASSIGN: Record<string, (name: string) => string> = {
  node: (name) => `const ${name} = 'a1';`,
  python: (name) => `${name} = "a1"`,
  php: (name) => `$${name} = 'a1';`,
};
const COMMANDS: Record<string, string[]> = { node: [process.execPath], python: ['python3'], php: ['php'] };

it.each(Object.keys(HEADS))(
  '%s: each asks what the description has, with its example',
  async (language) => {
    const lines = shown.flatMap((one) => one.lines.filter((line) => line.language === language));
    const assigned = variables.map((name) => ASSIGN[language]?.(name) ?? '');
    const program = join(folder.path, `all.${language === 'node' ? 'mjs' : language}`);
    writeFileSync(program, [...(HEADS[language] ?? []), ...assigned, ...lines.map(({ source }) => source)].join('\n'));
    asked.length = 0;
    const command = [...(COMMANDS[language] ?? []), program];
    const ended = await runProgram(url, { command, env: LANGUAGES[language]?.env ?? {} });
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
    const expected = shown.map(({ method, path }) => {
      const operation = document.paths[path]?.[method.toLowerCase() as 'get'];
      const example = operation?.requestBody?.content['application/json']?.examples?.['example']?.value ?? null;
      return [method, path.replaceAll(/\{\w+\}/g, 'a1'), example];
    });
    expect(expected.length).toBeGreaterThan(50);
    expect(asked).toEqual(expected);
  },
  60_000,
);
