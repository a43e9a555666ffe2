import { writeSync } from 'node:fs';
import { registerHooks } from 'node:module';

/** Preloaded (`--import`), prints the URL of every module the process loads, ESM or CommonJS. */
registerHooks({
  load(url, context, nextLoad) {
    writeSync(1, `loaded ${url}\n`);
    return nextLoad(url, context);
  },
});
