import { connect } from 'node:net';

const WITHIN_MS = 3000;

/**
 * Connects to a relay, reads how it greets and takes leave, without a login: whether somebody is there. Rejects where nobody
 * is, where it greets with a refusal, and where it takes longer than three seconds, which says little: some let all wait.
 */
export function greet(relayUrl: string): Promise<void> {
  const { hostname, port, protocol } = new URL(relayUrl);
  const isTls = protocol === 'smtps:';
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (isTls ? 465 : 587) });
    const end = (error?: Error) => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(WITHIN_MS, () => end(new Error('no greeting in time')));
    socket.on('error', end);
    socket.on('close', () => end(new Error('closed without a greeting')));
    // It speaks TLS first, and greets behind it.
    if (isTls) socket.once('connect', () => end());
    else {
      socket.once('data', (greeting) => {
        if (!greeting.toString('latin1').startsWith('2')) return end(new Error('greets with a refusal'));
        socket.end('QUIT\r\n', () => resolve());
      });
    }
  });
}
