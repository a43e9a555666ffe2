// WEBHOOK_SECRET=whsec_... node webhook.mjs PORT: takes webhooks, and nothing that only looks like one.
import { createServer } from 'node:http';
import { verifyWebhook, WebhookRefused } from 'heavylift-client';

const [port] = process.argv.slice(2);
const MOST_BYTES = 1_000_000;

async function readBody(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > MOST_BYTES) throw new WebhookRefused('its body is too long');
    parts.push(part);
  }
  return Buffer.concat(parts);
}

createServer(async (request, response) => {
  try {
    // While the secret is being changed there are two of them: [process.env.WEBHOOK_SECRET, process.env.WEBHOOK_SECRET_NEW].
    const event = await verifyWebhook(await readBody(request), request.headers, process.env.WEBHOOK_SECRET);
    // Answer at once and work afterwards, once for each webhook-id: the same one may come again.
    response.writeHead(204).end();
    console.log(`${event.type} ${event.data.id}`);
  } catch (error) {
    console.error(error.message);
    response.writeHead(error instanceof WebhookRefused ? 400 : 500, { Connection: 'close' }).end();
  }
}).listen(Number(port), '127.0.0.1', () => console.log(`waiting for webhooks on port ${port}`));
