import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { ModernFakeTimers } from '@jest/fake-timers';
import circus from 'jest-circus/runner';
import { ModuleMocker } from 'jest-mock';

const require = createRequire(import.meta.url);
const ROOT = new URL('../../..', import.meta.url).href;
const GLOBALS = 'describe, it, test, expect, beforeAll, beforeEach, afterAll, afterEach, jest';

/** Where circus keeps who hears of its events, and looks for what `jest.retryTimes` asks for. */
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS');
const RETRY_TIMES = Symbol.for('RETRY_TIMES');
const LOG_ERRORS_BEFORE_RETRY = Symbol.for('LOG_ERRORS_BEFORE_RETRY');

/** How many files this process has run, the present one included; its modules carry the number in their address. */
let files = 0;

// What is ours is loaded anew for each file: it may hold hooks, connections, or the time of a Redis.
registerHooks({
  resolve(specifier, context, next) {
    const file = /\?file=\d+$/.exec(context.parentURL ?? '')?.[0] ?? `?file=${files}`;
    if (specifier === '@jest/globals') {
      const source = `export const { ${GLOBALS} } = globalThis.testGlobals['${file}'];`;
      return { url: `data:text/javascript,${source}`, format: 'module', shortCircuit: true };
    }
    const resolved = next(specifier, context);
    return resolved.url.startsWith(ROOT) && resolved.url.endsWith('.ts')
      ? { ...resolved, url: `${resolved.url}${file}` }
      : resolved;
  },
});
globalThis.testGlobals = {};

/** The methods of jest's own object that work in Node itself: timers and spies. */
function createJest(config) {
  const timers = new ModernFakeTimers({ config, global: globalThis });
  const mocker = new ModuleMocker(globalThis);
  return {
    useFakeTimers: (options) => timers.useFakeTimers(options),
    useRealTimers: () => timers.useRealTimers(),
    setSystemTime: (now) => timers.setSystemTime(now),
    getTimerCount: () => timers.getTimerCount(),
    advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
    advanceTimersByTimeAsync: (ms) => timers.advanceTimersByTimeAsync(ms),
    spyOn: (...of) => mocker.spyOn(...of),
    restoreAllMocks: () => mocker.restoreAllMocks(),
    retryTimes(times, { logErrorsBeforeRetry = false } = {}) {
      globalThis[RETRY_TIMES] = times;
      globalThis[LOG_ERRORS_BEFORE_RETRY] = logErrorsBeforeRetry;
    },
  };
}

/**
 * Runs one file of tests by jest-circus, in Node itself and not in a context that jest makes of it: packages are loaded
 * once for all files of a process.
 */
export default async function runFile(globalConfig, config, environment, runtime, path, sendMessage) {
  files += 1;
  const jest = createJest(config);
  Object.assign(globalThis, config.globals);
  const overrides = {
    // The frame of circus that holds a file's hooks; what it stands on is loaded once.
    requireInternalModule(module) {
      delete require.cache[module];
      return require(module);
    },
    setGlobalsForRuntime(globals) {
      globalThis.testGlobals[`?file=${files}`] = { ...globals, jest };
      globalThis.expect = globals.expect;
    },
    unstable_shouldLoadAsEsm: () => true,
    unstable_importModule: (module) => import(`${pathToFileURL(module)}?file=${files}`),
  };
  const native = new Proxy(runtime, {
    get(target, name) {
      const value = overrides[name] ?? target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  try {
    return await circus.default(globalConfig, config, environment, native, path, sendMessage);
  } finally {
    jest.useRealTimers();
    jest.restoreAllMocks();
    jest.retryTimes(0);
    // Handlers of circus pile up here: those of a file that is over would take the next one's errors for theirs.
    delete globalThis[EVENT_HANDLERS];
  }
}
