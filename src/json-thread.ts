import { workerData } from 'node:worker_threads';
import { configureContracts } from '../workers/index.ts';
import type { Config } from './config/platform.ts';
import { serveDigests } from './http/large-json/thread.ts';

/** The entry of the web process's thread that reads and checks large JSON; it is given the settings. */
serveDigests(configureContracts(workerData as Config), workerData as Config);
