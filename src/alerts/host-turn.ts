import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Which of the processes of a host tells, while there is no Redis to agree by. */
export interface HostTurn {
  /** Whether it is this one, which has the turn until it ends. Never rejects. */
  take(): Promise<boolean>;
  release(): void;
}

/**
 * Makes it: who binds the name has the turn. The kernel lets the name go when its process ends, however that is, and neither a disk
 * nor Redis is needed for it. Where there are no such names (elsewhere than on Linux) each process has it.
 */
export function createHostTurn(dataDir: string): HostTurn {
  const name = `\0heavylift-alerts-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`;
  let server: Server | null = null;

  return {
    take() {
      if (server?.listening || process.platform !== 'linux') return Promise.resolve(true);
      return new Promise((resolve) => {
        const asked = createServer((socket) => void socket.destroy()).unref();
        asked.once('error', () => resolve(false));
        asked.listen(name, () => {
          server = asked;
          resolve(true);
        });
      });
    },
    release() {
      server?.close();
      server = null;
    },
  };
}
