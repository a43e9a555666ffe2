/**
 * Exits 0 when node_modules holds what package-lock.json asks for, else 1. npm writes its own list of what it installed
 * (node_modules/.package-lock.json) as its very last step, so an interrupted `npm ci` never looks finished.
 * Plain JavaScript without a dependency: it runs before anything is installed, on any Node.js.
 */
import { readFileSync } from 'node:fs';

const readPackages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/** Same versions everywhere; packages for other platforms are in the lock file and never installed. */
function isFresh() {
  const wanted = readPackages('package-lock.json');
  const installed = readPackages('node_modules/.package-lock.json');
  const same = (path) => installed[path]?.version === wanted[path].version;
  return (
    Object.keys(wanted).every((path) => path === '' || same(path) || (wanted[path].optional && !installed[path])) &&
    Object.keys(installed).every((path) => wanted[path])
  );
}

try {
  process.exitCode = isFresh() ? 0 : 1;
} catch {
  process.exitCode = 1;
}
