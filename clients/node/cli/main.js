#!/usr/bin/env node
// @ts-check
import { openIo } from './io.js';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), openIo());
