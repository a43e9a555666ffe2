/** Prints the path of supervisord's socket, for bin/ctl: it depends on DATA_DIR. */
import { loadConfigOrExit } from '../../src/config/load.ts';
import { dataPaths } from '../../src/data-dir.ts';

process.stdout.write(dataPaths(loadConfigOrExit().DATA_DIR).supervisorSocket);
