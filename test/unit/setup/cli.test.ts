import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../../../bin/cli/run.ts';
import { parseConfig } from '../../../workers/config.ts';
import { runCli } from '../../support/cli.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const repository = join(import.meta.dirname, '../../..');
const program = createProgram({ loadConfig: () => parseConfig({}), print: () => {}, remark: () => {} });
/** Every command below, as it is typed: `keys create`. */
const pathsBelow = (command: Command, above = ''): string[] =>
  command.commands.flatMap((child) => {
    const path = `${above} ${child.name()}`.trim();
    return [path, ...pathsBelow(child, path)];
  });

describe('help', () => {
  it('of the whole: every command, and what the exit statuses mean', async () => {
    const { code, stdout } = await runCli({}, '--help');
    expect(code).toBe(0);
    for (const command of program.commands) expect(stdout).toMatch(new RegExp(`^  ${command.name()}\\b`, 'm'));
    expect(stdout).toMatch(/Exit status: 0 done; 1 failed, .*; 2 not a command, .*; 3 Heavylift\s+does not run/);
  });

  it.each(pathsBelow(program))('of %s: exit status 0, its usage', async (path) => {
    const { code, stdout, stderr } = await runCli({}, ...path.split(' '), '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: heavylift ${path}`);
  });

  it.each(['status', 'jobs list', 'keys list', 'callers', 'webhook-secret'])(
    'of %s, which lists: has --json',
    async (path) => expect((await runCli({}, ...path.split(' '), '--help')).stdout).toContain('--json'),
  );

  it('no command: exit status 2, and the help on standard error', async () => {
    const { code, stdout, stderr } = await runCli({});
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: heavylift');
  });

  it('an unknown command: exit status 2, one line', async () => {
    expect(await runCli({}, 'statsu')).toEqual({ code: 2, stdout: '', stderr: "unknown command 'statsu'\n" });
  });
});

describe('completion', () => {
  /** What bash offers for the last of these words. */
  const offered = async (...words: string[]): Promise<string[]> => {
    const { stdout } = await runCli({}, 'completion', 'bash');
    const typed = ['heavylift', ...words].map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _heavylift; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', `${stdout}\n${ask}`], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean);
  };

  it.each([
    [['st'], ['start', 'stop', 'status', 'storage']],
    [
      ['keys', ''],
      ['create', 'list', 'set', 'revoke', '--help'],
    ],
    [['keys', 'create', 'shop', '--s'], ['--scopes']],
    [['jobs', 'list', '--json', '--sta'], ['--state']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', '--help'],
    ],
    [['start', '--'], ['--help']],
  ])('bash, %j: %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it.each([
    ['zsh', /^ {4}' keys' \| ' keys '\*\) items=\('create:make a key and print it, once' /m],
    ['fish', /^complete -c heavylift -f -n '__heavylift_at .*keys.*' -a create -d 'make a key and print it, once'$/m],
  ])('%s: the same words, with what each does', async (shell, line) => {
    const { code, stdout } = await runCli({}, 'completion', shell);
    expect(code).toBe(0);
    expect(stdout).toMatch(line);
  });

  /** A test that needs a shell which bin/setup does not install. */
  const itWith = (shell: string) => (spawnSync(shell, ['--version']).status === 0 ? it : it.skip);

  itWith('zsh')('zsh, "keys ": its commands, as zsh hands them to its list', async () => {
    const { stdout } = await runCli({}, 'completion', 'zsh');
    const stubs = `compdef() { :; }; _describe() { print -rl -- "\${(@P)2}"; }`;
    const ask = "words=(heavylift keys ''); CURRENT=3; _heavylift";
    const listed = execFileSync('zsh', ['-f', '-c', `${stubs}\n${stdout}\n${ask}`], { encoding: 'utf8' });
    expect(listed.split('\n').map((line) => line.split(':')[0])).toEqual(['create', 'list', 'revoke', '--help', '']);
  });

  itWith('fish')('fish, "keys ": its commands', async () => {
    const { stdout } = await runCli({}, 'completion', 'fish');
    const offered = execFileSync('fish', ['-c', `${stdout}\ncomplete -C 'heavylift keys '`], { encoding: 'utf8' });
    expect(offered.split('\n').map((line) => line.split('\t')[0])).toEqual(['create', 'list', 'revoke', '']);
  });

  it('another shell: exit status 2, and those there are', async () => {
    expect(await runCli({}, 'completion', 'ksh')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('bash, zsh, fish'),
    });
  });
});

describe('a fresh checkout, without node_modules', () => {
  const dir = makeTempDir();
  beforeAll(() => {
    mkdirSync(join(dir.path, 'bin'));
    cpSync(join(repository, 'bin/heavylift'), join(dir.path, 'bin/heavylift'));
  });
  afterAll(() => dir.remove());

  it.each([['status'], ['keys'], ['start images']])('%s: exit status 1, and one line that says what to run', (line) => {
    const { status, stdout, stderr } = spawnSync(join(dir.path, 'bin/heavylift'), line.split(' '), {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe('heavylift: node_modules is missing or out of date. Run npm start, or bin/setup, first.\n');
  });
});

describe('npm scripts', () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };

  it.each(['keys', 'webhook-secret', 'dev'])('%s: an alias of the command of that name', (name) => {
    expect(scripts[name]?.replace(/^exec /, '')).toBe(`bin/heavylift ${name}`);
    expect(program.commands.map((command) => command.name())).toContain(name);
  });

  it('start: bin/start, the one door', () => expect(scripts['start']).toBe('exec bin/start'));
});
