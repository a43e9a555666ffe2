import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** What became of a load: how often each status, or code of a failed connection, and the longest wait for an answer. */
export interface LoadResult {
  answers: Record<string, number>;
  longestMs: number;
}

export interface LoadOptions {
  /** How many ask at the same time; every second one keeps its connection. */
  connections: number;
  /** Asked with these headers. */
  headers?: http.OutgoingHttpHeaders;
  /** How long each rests between two requests. */
  restMs?: number;
}

/** Asks an address again and again until it is stopped; no request is repeated. */
export function startLoad(url: string, { connections, headers = {}, restMs = 0 }: LoadOptions) {
  const result: LoadResult = { answers: {}, longestMs: 0 };
  const kept = new http.Agent({ keepAlive: true });
  let stopped = false;

  const ask = (agent: http.Agent | false) =>
    new Promise<string>((resolve) => {
      http
        .get(url, { agent, headers }, (response) => {
          response.resume().on('end', () => resolve(String(response.statusCode)));
          response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'broken off'));
        })
        .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  const askOn = async (agent: http.Agent | false) => {
    while (!stopped) {
      const begunAt = performance.now();
      const answer = await ask(agent);
      result.answers[answer] = (result.answers[answer] ?? 0) + 1;
      result.longestMs = Math.max(result.longestMs, performance.now() - begunAt);
      if (restMs > 0) await delay(restMs);
    }
  };
  const all = Array.from({ length: connections }, (_, index) => askOn(index % 2 === 0 ? kept : false));
  return {
    /** What has become of it so far. */
    result: (): LoadResult => structuredClone(result),
    async stop(): Promise<LoadResult> {
      stopped = true;
      await Promise.all(all);
      kept.destroy();
      return result;
    },
  };
}

/** Sends a body in so many parts, each so long after the one before; resolves with the status of the answer. */
export async function sendSlowly(
  url: string,
  {
    headers,
    body,
    parts,
    everyMs,
  }: { headers: http.OutgoingHttpHeaders; body: Buffer; parts: number; everyMs: number },
): Promise<number> {
  const request = http.request(url, {
    method: 'POST',
    agent: false,
    headers: { ...headers, 'content-length': body.length },
  });
  const answered = new Promise<number>((resolve, reject) => {
    request.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject);
  });
  const size = Math.ceil(body.length / parts);
  for (let at = 0; at < body.length; at += size) {
    request.write(body.subarray(at, at + size));
    await delay(everyMs);
  }
  request.end();
  return answered;
}
