import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ownPath } from '../../../src/http/public-path.ts';
import { KIND_NAMES, ROOT, readDocument } from '../docs/documents.ts';

const filesBelow = (folders: readonly string[], extension: RegExp): string[] =>
  folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && extension.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(ROOT.length + 1)),
  );

const kindFolders = KIND_NAMES.map((kind) => `workers/${kind}`);

/** Values that are addresses already: those of a job's view, of the assets, and data: addresses. */
const ADDRESSES = /^<%= (?:it\.layout\.assets|file\.url|url|compared\.after|preview\.src) %>/;

/** What writes an address without the path of PUBLIC_URL, in lines as `file: text`. */
const foundIn = (files: readonly string[], pattern: RegExp, isFine: (text: string) => boolean = () => false) =>
  files.flatMap((file) =>
    [...readDocument(file).matchAll(pattern)]
      .filter(([, value = '']) => !isFine(value))
      .map(([text]) => `${file}: ${text}`),
  );

describe('with a path in PUBLIC_URL', () => {
  it('a template writes link(path) wherever an address stands', () => {
    const views = filesBelow(['views', ...kindFolders], /\.eta$/);
    const isFine = (value: string) =>
      value.startsWith('#') || value.startsWith('<%= link(') || ADDRESSES.test(value) || value.startsWith('data:');
    expect(views.length).toBeGreaterThan(15);
    expect(foundIn(views, /\s(?:href|action|formaction|src|poster)="([^"]*)"/g, isFine)).toEqual([]);
  });

  it('a script writes link(path), a style sheet has relative addresses', () => {
    const scripts = filesBelow(['views/assets', ...kindFolders], /(?<!test)\.js$/);
    const raw = /(?:fetch|fetchPart|EventSource|\.open|import|location\.\w+|pushState)\((?:[^()]*, )?['"`]\/(.*)/g;
    expect(foundIn(scripts, raw)).toEqual([]);
    expect(foundIn(scripts, /(?:location(?:\.href)?|\.href|\.src|\.action|pathname) ?={1,3} ?['"`]\/(.*)/g)).toEqual(
      [],
    );
    expect(foundIn(filesBelow(['views', ...kindFolders], /\.css$/), /url\(['"]?\/(.*)/g)).toEqual([]);
  });

  it('a handler sends on by sendOn, and a Location is made by linkTo', () => {
    const handlers = filesBelow(['src/http', ...kindFolders], /\.ts$/);
    const others = handlers.filter((file) => file !== 'src/http/public-path.ts');
    // What lies in a bucket has an address of its server.
    expect(foundIn(others, /\.redirect\((.*)/g)).toEqual(['src/http/api/files.ts: .redirect(307, address);']);
    expect(foundIn(others, /\.location\((.*)/g)).toEqual([]);
    expect(foundIn(others, /\bLocation'?[:,] (.*)/g, (value) => value.startsWith('linkTo('))).toEqual([]);
  });
});

it.each([
  ['', '/jobs', '/jobs'],
  ['/h', '/h', '/'],
  ['/h', '/h?x=1', '/?x=1'],
  ['/h', '/h/jobs?x=1', '/jobs?x=1'],
  ['/h', '/hx/jobs', '/hx/jobs'],
  ['/h', '/jobs/h', '/jobs/h'],
  ['/a/b.c', '/a/b.c/', '/'],
  ['/a/b.c', '/a/bxc/', '/a/bxc/'],
  ['/h', '*', '*'],
])('below "%s" the address %s is %s of the product', (publicPath, address, own) => {
  expect(ownPath(publicPath, address)).toBe(own);
});
