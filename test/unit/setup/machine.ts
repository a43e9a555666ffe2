import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const REPOSITORY = join(import.meta.dirname, '../../..');
/** What bin/setup may use on any machine. Everything else is a recording stand-in, or is not there. */
const PLAIN_TOOLS = ['cat', 'dirname', 'env', 'mktemp', 'readlink', 'sh', 'sleep', 'true'];

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A folder that stands for a fresh machine: a copy of bin/setup, a lock file, and a PATH of its own. */
export interface Machine {
  folder: string;
  /** Puts a command on the PATH: its call is recorded, then the script runs (`exit 0` when none is given). */
  addCommand(name: string, script?: string): void;
  /** Takes a command off the PATH. */
  removeCommand(name: string): void;
  /** Puts node_modules in order, as a finished `npm ci` leaves it. */
  installModules(): void;
  /** The recorded calls so far, one line each: the command and its arguments. */
  calls(): string[];
  setup(...args: string[]): Promise<Run>;
  remove(): void;
}

const LOCK = {
  lockfileVersion: 3,
  packages: { '': { name: 'heavylift' }, 'node_modules/node': { version: '24.1.0' } },
};
const INSTALLED = { lockfileVersion: 3, packages: { 'node_modules/node': { version: '24.1.0' } } };

/** A machine that lacks nothing, with `uid` as the user who calls. */
export function createMachine(uid = 0): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'heavylift-setup with space-'));
  const bin = join(folder, 'path');
  const journal = join(folder, 'journal');
  mkdirSync(bin);
  for (const file of ['setup', 'modules-fresh.js']) cpSync(join(REPOSITORY, 'bin', file), join(folder, 'bin', file));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(LOCK));
  for (const tool of PLAIN_TOOLS) symlinkSync(execFileSync('which', [tool]).toString().trim(), join(bin, tool));
  symlinkSync(process.execPath, join(bin, 'node'));

  const addCommand = (name: string, script = 'exit 0') => {
    writeFileSync(join(bin, name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>'${journal}'\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const machine: Machine = {
    folder,
    addCommand,
    removeCommand: (name) => rmSync(join(bin, name)),
    installModules() {
      mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
      symlinkSync(process.execPath, join(folder, 'node_modules/.bin/node'));
      writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify(INSTALLED));
      mkdirSync(join(folder, 'node_modules/sharp'));
      writeFileSync(join(folder, 'node_modules/sharp/index.js'), '');
    },
    calls: () => (existsSync(journal) ? readFileSync(journal, 'utf8').trimEnd().split('\n') : []),
    async setup(...args) {
      const child = spawn(join(folder, 'bin/setup'), args, { env: { PATH: bin }, cwd: tmpdir() });
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      return { code: child.exitCode ?? (await new Promise((resolve) => child.on('exit', resolve))), stdout, stderr };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
  for (const name of ['redis-server', 'supervisord', 'supervisorctl', 'npm', 'apt-get', 'systemctl', 'heif-convert']) {
    addCommand(name);
  }
  // What root would do to the machine goes to stand-ins as well: the tests may run as root.
  for (const name of ['rm', 'chmod']) addCommand(name);
  addCommand('tee', 'cat >/dev/null');
  writeFileSync(join(bin, 'id'), `#!/bin/sh\necho ${uid}\n`);
  chmodSync(join(bin, 'id'), 0o755);
  machine.installModules();
  return machine;
}
