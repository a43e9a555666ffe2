import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { workerSetting } from '../../src/config/settings.ts';
import { readDeaths } from '../../src/queue/deaths.ts';
import { VERDICT_CODES } from '../../src/verdict/codes.ts';
import { CONTRACTS } from '../../workers/index.ts';
import { tryLibraries } from '../launch/libraries.ts';
import { findSpare } from '../launch/supervisor.ts';
import { askProcesses } from '../watch/rpc.js';
import { type Check, type Examination, redisOf } from './examination.ts';

const repository = join(import.meta.dirname, '../..');
/** The Node that is taken where there is one in node_modules, and the oldest that works. */
const [OWN_NODE, OLDEST_NODE] = [24, 20];
const DAY_MS = 86_400_000;
const DEATHS = 100;

const kindsHere = ({ config }: Examination): string[] =>
  CONTRACTS.map(({ kind }) => kind).filter((kind) => workerSetting(config, kind, 'WORKERS') > 0);

const node: Check = {
  name: 'node',
  async look() {
    const text = `Node ${process.version}`;
    const major = Number.parseInt(process.version.slice(1), 10);
    const fix = 'bin/setup puts Node 24 into node_modules, and it is used from there.';
    if (major < OLDEST_NODE) return { level: 'error', text, fix };
    return major === OWN_NODE
      ? { level: 'ok', text }
      : { level: 'warning', text: `${text}; it is made for ${OWN_NODE}`, fix };
  },
};

const libraries: Check = {
  name: 'libraries',
  async look(examination) {
    const kinds = kindsHere(examination);
    if (kinds.length === 0) return { level: 'ok', text: 'no worker is set up here' };
    const faults = [...(await tryLibraries(kinds, { repository, signal: examination.signal }))];
    const missing = faults.filter(([, fault]) => fault !== null);
    if (missing.length === 0) return { level: 'ok', text: `those of ${kinds.join(', ')} load (sharp among them)` };
    const { fix } = VERDICT_CODES.library_not_loading;
    return missing.map(([kind, fault]) => ({ level: 'error', text: `those of ${kind} do not load: ${fault}`, fix }));
  },
};

const fonts: Check = {
  name: 'fonts',
  async look(examination) {
    if (!kindsHere(examination).includes('reports')) return { level: 'ok', text: 'no report is made here' };
    const entries = examination.config.REPORTS_FONTS ?? [];
    const [{ CODE, MAIN }, { findFontless }] = await Promise.all([
      import('../../workers/reports/fonts/bundled.ts'),
      import('../../workers/reports/fonts/installed.ts'),
    ]);
    const bundled = [MAIN, CODE].flatMap((family) => Object.values(family).map(({ path }) => path));
    const gone = bundled.filter((path) => !isReadable(path));
    if (gone.length > 0) {
      const { fix } = VERDICT_CODES.library_not_loading;
      return { level: 'error', text: `bundled fonts can not be read: ${gone.join(', ')}`, fix };
    }
    const fontless = findFontless(entries);
    const text = `the bundled ones can be read${entries.length > 0 ? `, and ${entries.length} of REPORTS_FONTS` : ''}`;
    if (fontless.length === 0) return { level: 'ok', text };
    const fix = 'Mend the paths in REPORTS_FONTS (files, or folders of them), or their modes.';
    return { level: 'error', text: `REPORTS_FONTS leads to no usable font: ${fontless.join(', ')}`, fix };
  },
};

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

const processes: Check = {
  name: 'processes',
  async look(examination) {
    const { config, paths } = examination;
    const all = await askProcesses(paths.supervisorSocket).catch(() => []);
    if (all.length === 0) {
      const text = `no supervisord answers on ${paths.root}`;
      if (config.REDIS_URL) return { level: 'unknown', text: `${text}: does something else run the processes?` };
      return { level: 'error', text, fix: 'bin/heavylift start; a container or unit says why it ended.' };
    }
    const spare = findSpare(all);
    const down = all.filter((one) => one.state !== 'RUNNING' && one !== spare);
    const redis = redisOf(examination);
    const deaths = redis ? await readDeaths(redis, DEATHS) : [];
    const recent = deaths.filter(({ at }) => Date.now() - Date.parse(at) < DAY_MS);
    const names = [...new Set(recent.map(({ process: name, how }) => `${name} (${how})`))].slice(0, 5);
    const died = `${recent.length} ${recent.length === 1 ? 'death' : 'deaths'} within a day`;
    if (down.length > 0) {
      const text = `not running: ${down.map(({ name, state }) => `${name} (${state.toLowerCase()})`).join(', ')}; ${died}`;
      return { level: 'error', text, fix: VERDICT_CODES.worker_gone.fix };
    }
    const running = `${all.filter(({ state }) => state === 'RUNNING').length} processes run`;
    if (recent.length === 0) return { level: 'ok', text: `${running}, none died within a day` };
    return { level: 'warning', text: `${running}; ${died}: ${names.join(', ')}`, fix: VERDICT_CODES.process_died.fix };
  },
};

/** The checks of what runs, and of what it loads. */
export const SOFTWARE_CHECKS: readonly Check[] = [node, libraries, fonts, processes];
