import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * Preloaded (`--import`), prints the packages of which the process loaded a module, ESM or CommonJS, as it exits,
 * each as `loaded node_modules/<name>/`. A line for every load slowed a start down to over 15 s while the reader of the
 * pipe was busy.
 */
const packages = new Set<string>();
registerHooks({
  load(url, context, nextLoad) {
    const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
    if (name) packages.add(name);
    return nextLoad(url, context);
  },
});
process.once('exit', () => {
  writeSync(1, [...packages].map((name) => `\nloaded node_modules/${name}/\n`).join(''));
});
