/** Writes biome.imports.json anew: `npm run lint:rules`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importRules } from './import-rules.ts';

const repository = join(import.meta.dirname, '../..');
writeFileSync(join(repository, 'biome.imports.json'), `${JSON.stringify(importRules(repository), null, 2)}\n`);
