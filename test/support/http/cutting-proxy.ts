import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Passes connections on to one of several servers, counts what clients send, and cuts connections when it is told to. It holds as
 * little as a network does: what a client has sent is not in the buffers of this machine, which take megabytes.
 */
export interface CuttingProxy {
  url: string;
  /** Takes nothing more once clients have sent so many bytes; resolves with how many they have, when that is so. */
  stopAt(bytes: number): Promise<number>;
  /** Takes whatever comes from now on. */
  goOn(): void;
  /** Has further connections go there. */
  leadTo(url: string): void;
  /** Ends all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Opens the proxy. */
export async function openCuttingProxy(first: string): Promise<CuttingProxy> {
  const child = spawn('python3', [join(import.meta.dirname, 'cutting-proxy.py'), new URL(first).port], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const nextLine = async () => (await once(lines, 'line'))[0] as string;
  const tell = (command: string) => child.stdin.write(`${command}\n`);
  const port = await nextLine();
  return {
    url: `http://127.0.0.1:${port}`,
    async stopAt(bytes) {
      const line = nextLine();
      tell(`stop-at ${bytes}`);
      return Number((await line).split(' ')[1]);
    },
    goOn: () => tell('go-on'),
    leadTo: (url) => tell(`lead ${new URL(url).port}`),
    cut: () => tell('cut'),
    async close() {
      child.kill();
      await once(child, 'exit');
    },
  };
}
