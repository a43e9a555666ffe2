import Bull from 'bull';
import express from 'express';

/** The least that accepts a job durably: Express, its JSON parser and Bull, nothing checked. `node baseline-server.ts <port> <redis socket>` */
const [port, path = ''] = process.argv.slice(2);
const queue = new Bull('reports', { redis: { path } });
const app = express();
app.post('/v1/reports', express.json(), async (req, res) => {
  const job = await queue.add(req.body);
  res.status(202).json({ id: job.id });
});
app.listen(Number(port), '127.0.0.1');
