/**
 * Exits 0 when node_modules holds what package-lock.json asks for on this machine, else 1. npm writes its own list of what
 * it installed (node_modules/.package-lock.json) as its very last step, so an interrupted `npm ci` never looks finished.
 * Plain JavaScript without a dependency: it runs before anything is installed, on any Node.js.
 */
import { readFileSync } from 'node:fs';

const readPackages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/** Names the C library that packages are built for; undefined where there is none of the two. */
function findLibc() {
  if (process.platform !== 'linux') return undefined;
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
}

/** Whether a list of a package has this machine: `["linux"]`, or `["!win32"]`. */
const has = (list, name) =>
  list === undefined || list.includes(name) || (list.every((one) => one.startsWith('!')) && !list.includes(`!${name}`));

const libc = findLibc();

/**
 * Whether an optional package is one of those made for this machine alone. npm leaves such a package out without a word
 * where the Node.js that runs npm is too old for it; the program that needs it then never works.
 */
const isMadeForUs = ({ os, cpu, libc: libcs }) =>
  (os ?? cpu) !== undefined && has(os, process.platform) && has(cpu, process.arch) && has(libcs, libc);

/** Same versions everywhere; packages for other machines are in the lock file and never installed. */
function isFresh() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  const same = (path) => installed[path]?.version === wanted[path].version;
  const mayLack = (path) => wanted[path].optional && !installed[path] && !isMadeForUs(wanted[path]);
  return (
    Object.keys(wanted).every((path) => path === '' || same(path) || mayLack(path)) &&
    Object.keys(installed).every((path) => wanted[path])
  );
}

try {
  process.exitCode = isFresh() ? 0 : 1;
} catch {
  process.exitCode = 1;
}
