import { text } from 'node:stream/consumers';
import type { Message } from '../../src/alerts/incidents.js';
import { loadGoodConfig } from '../../workers/config.ts';
import { deliver } from './deliver.ts';

// Tells one message, which standard input has, and prints what became of it: a process of its own, so that who finds out that
// something is wrong has loaded nothing for it.

const message = JSON.parse(await text(process.stdin)) as Message;
const outcomes = await deliver(message, loadGoodConfig());
// A connection that hangs holds up nobody.
process.stdout.write(JSON.stringify(outcomes), () => process.exit(0));
