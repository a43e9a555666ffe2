// node upload.mjs rows.csv: uploads a file of any size, for jobs to name
import { Heavylift } from 'heavylift-client';

const [file] = process.argv.slice(2);
const heavylift = new Heavylift(); // HEAVYLIFT_URL, HEAVYLIFT_KEY

function show({ sent, total }) {
  if (process.stderr.isTTY) process.stderr.write(`\r${Math.floor((100 * sent) / total)} %`);
}

try {
  const upload = await heavylift.upload(file, { onProgress: show });
  console.log(upload.id); // a table's rows are { upload: upload.id }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
