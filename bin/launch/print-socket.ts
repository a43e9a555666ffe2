/** Prints the path of supervisord's socket, for bin/ctl: it depends on DATA_DIR. */

import { dataPaths } from '../../src/data-dir.ts';
import { loadConfigOrExit } from '../../workers/config.ts';

process.stdout.write(dataPaths(loadConfigOrExit().DATA_DIR).supervisorSocket);
