import { parentPort, workerData } from 'node:worker_threads';
import type { ManualSite } from './manual.ts';
import { renderManual } from './render-manual.ts';

/** The entry of the thread that renders the manual once and ends. */
parentPort?.postMessage(renderManual(workerData as ManualSite));
